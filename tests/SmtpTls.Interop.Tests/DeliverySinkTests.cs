using SmtpTls.Interop.Tests.Support;
using SmtpTls.Relay;

namespace SmtpTls.Interop.Tests;

/// <summary>Deliveries to a server that misbehaves in every phase of the dialogue.</summary>
public sealed class DeliverySinkTests
{
    private static readonly SmtpRoute Plain = new() { Domains = ["*"], TlsLevel = TlsLevel.None };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("-p")]
    [InlineData("-e")]
    [InlineData("-8 -E")]
    public async Task A_server_that_behaves_takes_every_message_on_one_connection(string options)
    {
        Needs.Program("smtp-sink");
        await using var sink = await StartAsync(options);
        await using var deliveries = new Deliveries("sink.test", sink.Port);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("Delivered", (await DeliverAsync(deliveries)).Recipients[0].Fate.ToString());
        }
    }

    // -f refuses for good, -r for now, -q hangs up without a word. Blame is the next hop's up to MAIL, then the message's.
    [Theory]
    [InlineData("-f CONNECT", "Deferred", FindingCode.ServiceRefused, true)]
    [InlineData("-r CONNECT", "Deferred", FindingCode.ServiceRefused, true)]
    [InlineData("-q CONNECT", "Deferred", FindingCode.ConnectionLost, true)]
    [InlineData("-r EHLO", "Deferred", FindingCode.ServiceRefused, true)]
    [InlineData("-q EHLO", "Deferred", FindingCode.ConnectionLost, true)]
    [InlineData("-f EHLO,HELO", "Deferred", FindingCode.ServiceRefused, true)]
    [InlineData("-f MAIL", "Failed", FindingCode.SenderRefused, false)]
    [InlineData("-r MAIL", "Deferred", FindingCode.SenderRefused, false)]
    [InlineData("-q MAIL", "Deferred", FindingCode.ConnectionLost, true)]
    [InlineData("-f RCPT", "Failed", FindingCode.RecipientRefused, false)]
    [InlineData("-r RCPT", "Deferred", FindingCode.RecipientRefused, false)]
    [InlineData("-q RCPT", "Deferred", FindingCode.ConnectionLost, false)]
    [InlineData("-f DATA", "Failed", FindingCode.MessageRefused, false)]
    [InlineData("-r DATA", "Deferred", FindingCode.MessageRefused, false)]
    [InlineData("-q DATA", "Deferred", FindingCode.ConnectionLost, false)]
    [InlineData("-f .", "Failed", FindingCode.MessageRefused, false)]
    [InlineData("-r .", "Deferred", FindingCode.MessageRefused, false)]
    [InlineData("-q .", "Deferred", FindingCode.OutcomeUnknown, false)]
    public async Task A_phase_that_fails_has_its_meaning(string options, string fate, FindingCode code, bool blamesNextHop)
    {
        Needs.Program("smtp-sink");
        await using var sink = await StartAsync(options);
        await using var deliveries = new Deliveries("sink.test", sink.Port);

        // Twice: what the first leaves behind must not change the second.
        for (var i = 0; i < 2; i++)
        {
            var report = await DeliverAsync(deliveries);

            Assert.Equal((fate, code), (report.Recipients[0].Fate.ToString(), report.Recipients[0].Failure!.Code));
            Assert.Equal(blamesNextHop, report.NextHopFailure is not null);
            Assert.Equal(code == FindingCode.OutcomeUnknown, report.MayHaveBeenDelivered);
        }
    }

    // RFC 5321 §3.2: 500 to EHLO is an old server's way to say that it has no extensions.
    [Fact]
    public async Task A_server_that_knows_no_EHLO_is_spoken_to_with_HELO()
    {
        Needs.Program("smtp-sink");
        await using var sink = await StartAsync("-f EHLO");
        await using var deliveries = new Deliveries("sink.test", sink.Port);

        Assert.Equal("Delivered", (await DeliverAsync(deliveries)).Recipients[0].Fate.ToString());
    }

    // It answers DATA, then says 550 and hangs up without reading on.
    [Fact]
    public async Task A_server_that_hangs_up_in_the_middle_of_a_message_has_not_taken_it()
    {
        Needs.Program("smtp-sink");
        await using var sink = await StartAsync("-A 0");
        await using var deliveries = new Deliveries("sink.test", sink.Port);

        var report = await deliveries.DeliverAsync(
            Plain, "Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 998) + "\r\n", 20_000)), Token, "b@example.test");

        Assert.NotEqual(RecipientFate.Delivered, report.Recipients[0].Fate);
        Assert.Null(report.NextHopFailure);
    }

    private static Task<SmtpSink> StartAsync(string options) => SmtpSink.StartAsync(Token, options.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static Task<DeliveryReport> DeliverAsync(Deliveries deliveries) => deliveries.DeliverAsync(Plain, Token, "b@example.test");
}
