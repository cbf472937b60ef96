using System.Net;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

/// <summary>BDAT (RFC 3030) where a transaction does not go its straight way.</summary>
public sealed class ChunkedMessageTests
{
    private const string Message = "Subject: x\r\n\r\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("RSET")]
    [InlineData("EHLO client.test")]
    public async Task Chunks_of_a_transaction_that_was_given_up_are_in_no_later_message(string givenUpBy)
    {
        await using var listener = Start();
        using var client = await RawClient.GreetedAsync(listener.Port);
        await BeginAsync(client);
        await client.SendAsync("BDAT 9\r\nleft over");
        Assert.StartsWith("250", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync(givenUpBy), StringComparison.Ordinal);

        await SendWholeAsync(client);
        using var message = await listener.Capture!.ReceiveAsync(Token);
        Assert.Equal(Message, message.GetText());
    }

    // What somebody on the way put in before the handshake must not come out as said inside TLS (RFC 3207 §4.2).
    [Fact]
    public async Task Chunks_from_before_the_handshake_are_in_no_message_from_inside_TLS()
    {
        await using var listener = Start();
        using var client = await RawClient.GreetedAsync(listener.Port);
        await BeginAsync(client);
        await client.SendAsync("BDAT 9\r\nleft over");
        Assert.StartsWith("250", await client.ReplyAsync(), StringComparison.Ordinal);
        await client.SayAsync("RSET");
        _ = await client.StartTlsAsync();
        await client.SayAsync("EHLO client.test");

        await SendWholeAsync(client);
        using var message = await listener.Capture!.ReceiveAsync(Token);
        Assert.Equal(Message, message.GetText());
        Assert.NotNull(message.Tls);
    }

    // Exim pipelines BDAT with what comes before it, and reads those replies before it sends the chunk.
    [Fact]
    public async Task Replies_that_wait_go_out_before_a_chunk_is_waited_for()
    {
        await using var listener = Start();
        using var client = await RawClient.GreetedAsync(listener.Port);
        await client.SendAsync("MAIL FROM:<a@test>\r\nRCPT TO:<b@test>\r\nBDAT 14 LAST\r\n");
        Assert.StartsWith("250 2.1.0", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250 2.1.5", await client.ReplyAsync(), StringComparison.Ordinal);

        await client.SendAsync(Message);
        Assert.StartsWith("250 2.0.0 Ok: queued", await client.ReplyAsync(), StringComparison.Ordinal);
    }

    private static SmtpListener Start() => SmtpListener.Start(new SmtpListenerOptions
    {
        HostName = "mail.test",
        Addresses = [IPAddress.Loopback],
        StartTls = StartTlsPolicy.Always,
        Certificates = [ListenerCertificate.SelfSigned(["mail.test"])],
    });

    private static async Task BeginAsync(RawClient client)
    {
        Assert.StartsWith("250", await client.SayAsync("MAIL FROM:<a@test>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("RCPT TO:<b@test>"), StringComparison.Ordinal);
    }

    private static async Task SendWholeAsync(RawClient client)
    {
        await BeginAsync(client);
        await client.SendAsync($"BDAT {Message.Length} LAST\r\n{Message}");
        Assert.StartsWith("250 2.0.0 Ok: queued", await client.ReplyAsync(), StringComparison.Ordinal);
    }
}
