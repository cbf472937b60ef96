using System.Text;
using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public class SplicedStreamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task What_is_omitted_is_never_read_whatever_the_size_of_a_read(int size)
    {
        // Omissions at the begin, adjacent ones, and one at the end.
        await using var stream = new SplicedStream(new MemoryStream("##abc####def#"u8.ToArray()), [new(0, 2), new(5, 1), new(6, 3), new(12, 1)]);
        var result = new StringBuilder();
        var buffer = new byte[size];
        for (int read; (read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0;)
        {
            result.Append(Encoding.ASCII.GetString(buffer, 0, read));
            Assert.Equal(result.Length, stream.Position);
        }

        Assert.Equal("abcdef", result.ToString());
        Assert.Equal(6, stream.Length);
    }

    [Fact]
    public void It_can_be_read_and_nothing_else()
    {
        using var stream = new SplicedStream(new MemoryStream("abc"u8.ToArray()), [new(1, 1)]);

        Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => stream.Write([1], 0, 1));
        Assert.Throws<NotSupportedException>(() => stream.Position = 0);
    }
}
