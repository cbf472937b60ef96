using System.Text;

namespace SmtpTls.Tests.Support;

/// <summary>What most tests of the sender need: a name with an address, a certificate for it, a message, options that fit.</summary>
internal static class SendFixture
{
    public const string Message = "From: a@test\r\nTo: b@test\r\nSubject: hi\r\n\r\nhello\r\n";

    // Greeting, EHLO, STARTTLS, handshake, EHLO.
    public const string OpenTls = """
        S: 220 mail.test ESMTP
        C: EHLO client.test
        S: 250-mail.test
        S: 250 STARTTLS
        C: STARTTLS
        S: 220 go ahead
        TLS
        C: EHLO client.test
        S: 250-mail.test
        S: 250-AUTH PLAIN LOGIN
        S: 250 8BITMIME

        """;

    // One message to b@test, accepted.
    public const string Deliver = """
        C: MAIL FROM:<a@test>
        S: 250 ok
        C: RCPT TO:<b@test>
        S: 250 ok
        C: DATA
        S: 354 go on
        BODY
        S: 250 2.0.0 Ok: queued as 4XyZ12
        C: QUIT
        S: 221 bye

        """;

    // Greeting and EHLO of a server without STARTTLS.
    public const string OpenPlain = """
        S: 220 mail.test ESMTP
        C: EHLO client.test
        S: 250 mail.test

        """;

    private static readonly Lazy<IssuedCertificate> Issued = new(() => TestPki.Issue("mail.test"));

    /// <summary>A certificate for mail.test of a CA that <see cref="Options"/> trust.</summary>
    public static IssuedCertificate Certificate => Issued.Value;

    public static SendOptions Options { get; } = new()
    {
        Server = "mail.test",
        HelloName = "client.test",
        TrustedCertificates = [Issued.Value.Issuer],
    };

    public static FakeResolver Resolver() => new FakeResolver().Add("mail.test", "192.0.2.1");

    public static SmtpSender NewSender(ScriptedServer server, FakeResolver? resolver = null, TimeProvider? clock = null) =>
        new(resolver ?? Resolver(), clock ?? TestPki.Clock(), server);

    public static OutgoingMessage NewMail(string text = Message, params string[] recipients) =>
        OutgoingMessage.FromBytes(Encoding.UTF8.GetBytes(text), "a@test", recipients.Length == 0 ? ["b@test"] : recipients);

    /// <summary>Sends the usual message.</summary>
    public static async Task<SendResult> SendAsync(ScriptedServer server, SendOptions? options = null, FakeResolver? resolver = null)
    {
        using var message = NewMail();
        return await NewSender(server, resolver).SendAsync(options ?? Options, message, TestContext.Current.CancellationToken);
    }
}
