using System.Net;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Cli.Output;

namespace SmtpTls.Cli.Verbs;

/// <summary>Says that an expectation of the demo was not met.</summary>
internal sealed class DemoException(string message) : Exception(message);

/// <summary>What the demo does, step by step. Each step prints what it saw and checks it.</summary>
internal sealed class Demo
{
    private const string HostName = "mail.test";
    private const string Loopback = "127.0.0.1";
    private const string Subject = "Grüße from smtptls";
    private const string Body = "The first mail.\n.\nA line with a lone dot stands above.";

    private readonly Terminal _terminal;
    private readonly SmtpListener _open;
    private readonly SmtpListener _withholding;
    private readonly IReadOnlyList<X509Certificate2> _trusted;

    private Demo(Terminal terminal, SmtpListener open, SmtpListener withholding, X509Certificate2 root)
    {
        _terminal = terminal;
        _open = open;
        _withholding = withholding;
        _trusted = [root];
    }

    /// <exception cref="DemoException">Something is not as it should be.</exception>
    public static async Task RunAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        using var authority = TestCertificateAuthority.Create("SmtpTls Demo CA");
        using var issued = authority.Issue([HostName, "localhost"]);
        var certificate = issued.ToListenerCertificate();
        var open = Listen("demo", StartTlsPolicy.Always, certificate);
        await using (open.ConfigureAwait(false))
        {
            var withholding = Listen("demo-default", StartTlsPolicy.ExceptLoopback, certificate);
            await using (withholding.ConfigureAwait(false))
            {
                terminal.Write($"A test CA issued a certificate for {HostName} and localhost. Two listeners present it:");
                terminal.Write($"  {open.Endpoints[0]} offers STARTTLS on every connection (--start-tls always),");
                terminal.Write($"  {withholding.Endpoints[0]} offers it except on loopback connections (the default).");
                await new Demo(terminal, open, withholding, issued.Issuer).ShowAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static SmtpListener Listen(string name, StartTlsPolicy startTls, ListenerCertificate certificate) => SmtpListener.Start(new SmtpListenerOptions
    {
        Name = name,
        HostName = HostName,
        Addresses = [IPAddress.Loopback],
        StartTls = startTls,
        Certificates = [certificate],
    });

    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken).ConfigureAwait(false);
        await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        await InspectAsync(cancellationToken).ConfigureAwait(false);
        await AskAsync(cancellationToken).ConfigureAwait(false);
        await AskOnLoopbackAsync(cancellationToken).ConfigureAwait(false);
        await InspectByAddressAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        Title("1. Send a message over TLS, at level Secure");
        using var message = OutgoingMessage.Compose(new MailContent { From = "a@test", To = ["b@test"], Subject = Subject, TextBody = Body });
        var options = new SendOptions { Server = HostName, Address = Loopback, Port = _open.Port, TrustedCertificates = _trusted };
        var result = await new SmtpSender().SendAsync(options, message, cancellationToken).ConfigureAwait(false);
        _terminal.Write(SendReport.Format(result));
        Expect(result.Failure is null, $"the message should have been accepted, but: {result.Failure}");
        Expect(result.Tls is { Verified: true, Level: TlsLevel.Secure, MatchedIdentity: HostName }, $"TLS should have been verified for {HostName}");
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        Title("2. Receive it");
        using var message = await _open.Capture!.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        _terminal.Write(new Report()
            .Headline($"<{message.From}> to {string.Join(", ", message.To)}: {message.Subject}")
            .Fact("came by", TlsText.Session(message.Tls))
            .Fact("size", FormattableString.Invariant($"{message.Size} bytes"))
            .ToString());
        Expect(message.Subject == Subject, $"the subject should be '{Subject}', but is '{message.Subject}'");
        Expect(message.GetText().Contains("\r\n.\r\n", StringComparison.Ordinal), "the line with the lone dot should have arrived");
        Expect(message.Tls is not null, "it should have come through TLS");
    }

    private async Task InspectAsync(CancellationToken cancellationToken)
    {
        Title("3. Inspect the server's certificate");
        var result = await InspectAsync(HostName, Loopback, cancellationToken).ConfigureAwait(false);
        Expect(result.Verified, "the certificate should be verified");
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        Title("4. Ask whether STARTTLS is available");
        var result = await AskAsync(HostName, Loopback, _open.Port, cancellationToken).ConfigureAwait(false);
        Expect(result.StartTls == StartTlsStatus.Offered, $"STARTTLS should be offered, but is {result.StartTls}");
    }

    private async Task AskOnLoopbackAsync(CancellationToken cancellationToken)
    {
        Title("5. STARTTLS is withheld on loopback, by design: ask the listener that has the default");
        var result = await AskAsync(Loopback, address: null, _withholding.Port, cancellationToken).ConfigureAwait(false);
        Expect(result.StartTls == StartTlsStatus.Withheld, $"STARTTLS should be withheld, but is {result.StartTls}");
        Expect(result.Findings.Any(f => f.Code == FindingCode.StartTlsWithheldOnLoopback), "the reason should be among the findings");
    }

    private async Task InspectByAddressAsync(CancellationToken cancellationToken)
    {
        Title("6. Identity is the name, never the address: inspect the certificate of 127.0.0.1");
        var result = await InspectAsync(Loopback, address: null, cancellationToken).ConfigureAwait(false);
        Expect(!result.Verified, "a certificate for names should not be verified for an address");
        Expect(result.Findings.Any(f => f.Code == FindingCode.IdentityIsAddress), "the reason should be among the findings");
    }

    private async Task<CertificateResult> InspectAsync(string host, string? address, CancellationToken cancellationToken)
    {
        var options = new ProbeOptions { Port = _open.Port, Address = address, TrustedCertificates = _trusted };
        await foreach (var result in new SmtpProbe().GetCertificateAsync(host, options, cancellationToken).ConfigureAwait(false))
        {
            _terminal.Write(CertificateReport.Format(result));
            return result;
        }

        throw new DemoException("there should have been a record");
    }

    private async Task<CapabilityResult> AskAsync(string host, string? address, int port, CancellationToken cancellationToken)
    {
        // No second look: what else this machine listens on is none of the demo's business.
        var options = new ProbeOptions { Port = port, Address = address, TrustedCertificates = _trusted, SecondLook = false };
        await foreach (var result in new SmtpProbe().GetCapabilityAsync(host, options, cancellationToken).ConfigureAwait(false))
        {
            _terminal.Write(CapabilityReport.Format(result));
            return result;
        }

        throw new DemoException("there should have been a record");
    }

    private void Title(string text) => _terminal.Write($"\n{text}");

    private static void Expect(bool condition, string expectation)
    {
        if (!condition)
        {
            throw new DemoException(expectation);
        }
    }
}
