using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public class PrefixedStreamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Both_parts_are_read_once_in_blocks_of_any_size(int block)
    {
        await using var stream = new PrefixedStream("abcde"u8.ToArray(), new MemoryStream("fghijklm"u8.ToArray()));
        var all = new List<byte>();
        var buffer = new byte[block];
        for (int read; (read = all.Count % 2 == 0 ? await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) : stream.Read(buffer, 0, block)) > 0;)
        {
            all.AddRange(buffer[..read]);
        }

        Assert.Equal("abcdefghijklm"u8.ToArray(), all);
    }

    [Fact]
    public void The_rest_is_closed_with_it()
    {
        var rest = new MemoryStream();
        new PrefixedStream(default, rest).Dispose();
        Assert.False(rest.CanRead);
    }
}
