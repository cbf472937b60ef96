using System.Net;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

public sealed class MessageCaptureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Beyond_its_bytes_clients_hear_452_until_somebody_receives()
    {
        using var capture = new MessageCapture(maximumBytes: 40);
        await using var listener = SmtpListener.Start(new SmtpListenerOptions { Addresses = [IPAddress.Loopback], Sink = capture });
        using var client = await RawClient.GreetedAsync(listener.Port);

        Assert.StartsWith("250", await SendAsync(client, "Subject: 24 bytes....\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("452 4.3.1", await SendAsync(client, "Subject: 24 bytes....\r\n"), StringComparison.Ordinal);
        Assert.Equal(1, capture.Count);
        (await capture.ReceiveAsync(Token)).Dispose();
        Assert.StartsWith("250", await SendAsync(client, "Subject: 24 bytes....\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_waits_for_a_message_hears_that_none_will_come()
    {
        var capture = new MessageCapture();
        var waiting = capture.ReceiveAsync(Token);
        capture.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30), Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => capture.ReceiveAsync(Token));
    }

    [Fact]
    public void It_can_be_disposed_of_twice()
    {
        var capture = new MessageCapture();
        capture.Dispose();
        capture.Dispose();
        Assert.Equal(0, capture.Count);
    }

    private static async Task<string> SendAsync(RawClient client, string content)
    {
        await client.SayAsync("MAIL FROM:<a@test>");
        await client.SayAsync("RCPT TO:<b@test>");
        await client.SayAsync("DATA");
        return await client.SayAsync(content + ".");
    }
}
