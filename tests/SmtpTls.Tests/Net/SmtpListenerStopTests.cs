using System.Net;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

/// <summary>Stopping at the worst moment: while the reply to a message is on its way.</summary>
public sealed class SmtpListenerStopTests
{
    // Longer than any test may take: whoever waits for the draining to run out is found out.
    private static readonly TimeSpan Drain = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The moment is hit by chance, so it is tried for.
    private const int Rounds = 25;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_that_was_accepted_while_the_listener_stops_is_answered_before_the_421(bool tls)
    {
        using var authority = TestCertificateAuthority.Create();
        using var issued = authority.Issue(["mail.test"]);
        for (var round = 0; round < Rounds; round++)
        {
            var stopped = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
            SmtpListener? listener = null;
            listener = SmtpListener.Start(new SmtpListenerOptions
            {
                HostName = "mail.test",
                Addresses = [IPAddress.Loopback],
                StartTls = StartTlsPolicy.Always,
                Certificates = [issued.ToListenerCertificate()],
                Log = happened =>
                {
                    if (happened.Kind == ListenerEventKind.MessageAccepted)
                    {
                        stopped.TrySetResult(Task.Run(() => listener!.StopAsync(Drain, CancellationToken.None), CancellationToken.None));
                    }
                },
            });
            await using (listener)
            {
                using var client = await RawClient.GreetedAsync(listener.Port);
                if (tls)
                {
                    _ = await client.StartTlsAsync();
                    await client.SayAsync("EHLO client.test");
                }

                await client.SayAsync("MAIL FROM:<a@test>");
                await client.SayAsync("RCPT TO:<b@test>");
                await client.SayAsync("DATA");
                Assert.StartsWith("250 2.0.0 Ok: queued", await client.SayAsync("Subject: x\r\n\r\nbody\r\n."), StringComparison.Ordinal);
                Assert.StartsWith("421 4.3.2", await client.ReplyAsync(), StringComparison.Ordinal);
                var stopping = await stopped.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
                await stopping.WaitAsync(Patience, TestContext.Current.CancellationToken);
            }
        }
    }
}
