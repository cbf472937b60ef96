using System.Security.Authentication;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class CertificateSelectorTests : IDisposable
{
    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create(clock: TestPki.Clock());
    private readonly ListenerCertificate _first;
    private readonly ListenerCertificate _wildcard;
    private readonly ListenerCertificate _exact;

    public CertificateSelectorTests()
    {
        _first = _authority.Issue(["first.test"]).ToListenerCertificate(TestPki.Clock());
        _wildcard = _authority.Issue(["*.contoso.test"]).ToListenerCertificate(TestPki.Clock());
        _exact = _authority.Issue(["mail.contoso.test", "bücher.test"]).ToListenerCertificate(TestPki.Clock());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("mail.contoso.test", "exact")]
    [InlineData("MAIL.contoso.test.", "exact")]
    [InlineData("xn--bcher-kva.test", "exact")]
    [InlineData("other.contoso.test", "wildcard")]
    [InlineData("a.b.contoso.test", "first")]
    [InlineData("contoso.test", "first")]
    [InlineData("unknown.test", "first")]
    [InlineData("", "first")]
    [InlineData(null, "first")]
    [InlineData("127.0.0.1", "first")]
    [InlineData("*.contoso.test", "first")]
    [InlineData("mail.contoso.test\0", "first")]
    public void The_server_name_chooses_exact_before_wildcard_before_first(string? serverName, string expected)
    {
        var chosen = new CertificateSelector([_first, _wildcard, _exact]).Choose(serverName);
        Assert.Same(expected switch { "exact" => _exact, "wildcard" => _wildcard, _ => _first }, chosen);
    }

    [Fact]
    public async Task A_client_gets_the_certificate_of_the_name_it_asked_for()
    {
        Assert.Equal("CN=mail.contoso.test", await PresentedTo("mail.contoso.test"));
        Assert.Equal("CN=*.contoso.test", await PresentedTo("other.contoso.test"));
        Assert.Equal("CN=first.test", await PresentedTo("unknown.test"));
        Assert.Equal("CN=first.test", await PresentedTo("127.0.0.1"));
    }

    [Fact]
    public void Options_are_made_once_and_allow_only_what_is_meant()
    {
        var selector = new CertificateSelector([_first]);
        var options = selector.Select(null);

        Assert.Same(options, selector.Select("first.test"));
        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, options.EnabledSslProtocols);
        Assert.False(options.ClientCertificateRequired);
        Assert.False(options.AllowRenegotiation);
        Assert.NotNull(options.ServerCertificateContext);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3")]
    public async Task Both_current_protocols_are_spoken(SslProtocols protocol, string name)
    {
        await using var pair = await TlsPair.ConnectAsync(Token);
        var policy = new PeerPolicy { Level = TlsLevel.Secure, Identity = Name("first.test"), TrustedRoots = [_authority.Certificate] };
        var verifier = new PeerVerifier(policy, pair.Dialled, TestPki.Clock());
        var options = verifier.CreateClientOptions();
        options.EnabledSslProtocols = protocol;
        await Task.WhenAll(
            new CertificateSelector([_first, _exact]).AuthenticateAsync(pair.Server, Token), pair.Client.AuthenticateAsClientAsync(options, Token));

        Assert.Equal(name, verifier.Evaluate(pair.Client, TlsMode.Implicit).Evidence.Protocol);
    }

    [Fact]
    public void Without_a_certificate_there_is_no_selector()
    {
        var exception = Assert.Throws<SmtpException>(() => new CertificateSelector([]));
        Assert.Equal(FindingCode.InvalidInput, exception.Failure.Code);
    }

    private static ReferenceIdentity Name(string text) =>
        ReferenceIdentity.TryParse(text, out var identity, out var error) ? identity : throw new ArgumentException(error, nameof(text));

    private async Task<string> PresentedTo(string name)
    {
        var policy = new PeerPolicy { Level = TlsLevel.Encrypt, Identity = Name(name), TrustedRoots = [_authority.Certificate] };
        return (await TlsPair.JudgeAsync(policy, TestPki.Clock(), Token, _first, _wildcard, _exact)).Presented[0].Subject;
    }
}
