using SmtpTls.Net;

namespace SmtpTls.Tests.Net;

public sealed class MessageSpoolTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8_191)]
    [InlineData(8_193)]
    [InlineData(100_000)]
    [InlineData(300_000)]
    public async Task What_went_in_comes_out_from_memory_and_from_a_file(int length)
    {
        var random = new Random(length);
        var content = new byte[length];
        random.NextBytes(content);
        using var spool = new MessageSpool(150_000, Path.GetTempPath());
        for (var written = 0; written < length;)
        {
            var count = Math.Min(random.Next(1, 20_000), length - written);
            await spool.AppendAsync(content.AsMemory(written, count), Token);
            written += count;
        }

        Assert.Equal(length, spool.Length);
        Assert.Equal(length > 150_000, spool.IsInFile);
        using var asynchronous = new MemoryStream();
        await spool.OpenRead().CopyToAsync(asynchronous, 777, Token);
        Assert.Equal(content, asynchronous.ToArray());
        using var synchronous = new MemoryStream();
        spool.OpenRead().CopyTo(synchronous, 1_111);
        Assert.Equal(content, synchronous.ToArray());
    }

    [Fact]
    public async Task Two_read_at_once_each_at_its_own_place()
    {
        using var spool = new MessageSpool(10, Path.GetTempPath());
        await spool.AppendAsync("0123456789abcdef"u8.ToArray(), Token);
        await using var one = spool.OpenRead();
        await using var other = spool.OpenRead();
        other.Position = 10;
        Assert.Equal('0', one.ReadByte());
        Assert.Equal('a', other.ReadByte());
        Assert.Equal('1', one.ReadByte());
    }

    [Fact]
    public async Task A_file_has_no_name_while_it_is_written_and_none_is_left()
    {
        var folder = Directory.CreateTempSubdirectory("smtptls-test").FullName;
        try
        {
            using (var spool = new MessageSpool(0, folder))
            {
                await spool.AppendAsync("content"u8.ToArray(), Token);
                Assert.True(spool.IsInFile);
                if (!OperatingSystem.IsWindows())
                {
                    Assert.Empty(Directory.GetFiles(folder));
                }
            }

            Assert.Empty(Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_file_that_cannot_be_made_leaves_the_message_as_it_was()
    {
        using var spool = new MessageSpool(10, Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N")));
        await spool.AppendAsync("0123456789"u8.ToArray(), Token);
        await Assert.ThrowsAnyAsync<IOException>(async () => await spool.AppendAsync("more"u8.ToArray(), Token));
        Assert.Equal(10, spool.Length);
        using var reader = new StreamReader(spool.OpenRead());
        Assert.Equal("0123456789", await reader.ReadToEndAsync(Token));
    }

    [Fact]
    public void What_was_given_back_is_not_read()
    {
        var spool = new MessageSpool(10, Path.GetTempPath());
        spool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => spool.OpenRead());
    }
}
