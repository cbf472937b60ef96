using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Tls;

namespace SmtpTls;

/// <summary>
/// A certification authority for tests and trials. Its root lives in this object; nothing is installed anywhere. Whoever
/// shall trust it gets <see cref="Certificate"/>.
/// </summary>
public sealed class TestCertificateAuthority : IDisposable
{
    // Wide enough on both sides that leaves out of date can be issued and their chain still be right.
    private const int YearsEachSide = 10;

    private readonly AsymmetricAlgorithm _key;
    private readonly TimeProvider _clock;

    private TestCertificateAuthority(X509Certificate2 certificate, AsymmetricAlgorithm key, TimeProvider clock)
    {
        Certificate = certificate;
        _key = key;
        _clock = clock;
    }

    /// <summary>The root certificate, without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Makes a root.</summary>
    /// <param name="name">Common name of the root. Default: <c>SmtpTls Test CA</c> and eight random digits, so that two of them are told apart.</param>
    /// <param name="keyKind">The root's key. Default: <see cref="CertificateKeyKind.EcdsaP256"/>.</param>
    /// <param name="clock">The time. Default: the system's.</param>
    public static TestCertificateAuthority Create(
        string? name = null, CertificateKeyKind keyKind = CertificateKeyKind.EcdsaP256, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        var key = CertificateMaker.CreateKey(keyKind);
        var now = clock.GetUtcNow();
        var request = CertificateMaker.CertificationAuthority(UniqueName(name, "SmtpTls Test CA"), key);
        return new TestCertificateAuthority(
            CertificateMaker.SelfSign(request, key, now.AddYears(-YearsEachSide), now.AddYears(YearsEachSide)), key, clock);
    }

    /// <summary>Issues a server certificate (EKU serverAuth) for DNS names, wildcards and addresses.</summary>
    /// <param name="names">The first is the common name too; all are in subjectAltName.</param>
    /// <param name="options">Key, dates, intermediate. Default: a new <see cref="TestCertificateOptions"/>.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: no name, a name that is none, or dates in the wrong order.</exception>
    public IssuedCertificate Issue(IReadOnlyList<string> names, TestCertificateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(names);
        options ??= new TestCertificateOptions();
        var now = _clock.GetUtcNow();
        var notAfter = options.NotAfter ?? now.AddDays(TestCertificateOptions.DefaultDays);
        var notBefore = options.NotBefore ?? (notAfter < now ? notAfter : now).AddDays(-1);

        using var key = CertificateMaker.CreateKey(options.KeyKind);
        var request = CertificateMaker.Server(names, key);
        var chain = new X509Certificate2Collection();
        X509Certificate2 leaf;
        if (options.UseIntermediate)
        {
            using var intermediateKey = CertificateMaker.CreateKey(options.KeyKind);
            var intermediateRequest = CertificateMaker.CertificationAuthority(UniqueName(name: null, "SmtpTls Test Intermediate"), intermediateKey);
            var intermediate = CertificateMaker.Issue(intermediateRequest, Certificate, _key, now.AddYears(-YearsEachSide), now.AddYears(YearsEachSide));
            chain.Add(intermediate);
            leaf = CertificateMaker.Issue(request, intermediate, intermediateKey, notBefore, notAfter);
        }
        else
        {
            leaf = CertificateMaker.Issue(request, Certificate, _key, notBefore, notAfter);
        }

        using (leaf)
        {
            return new IssuedCertificate(CertificateMaker.WithKey(leaf, key), new X509Certificate2(Certificate.RawData), chain);
        }
    }

    /// <summary>Disposes of the root's key. What was issued stays usable.</summary>
    public void Dispose()
    {
        _key.Dispose();
        Certificate.Dispose();
    }

    private static string UniqueName(string? name, string prefix) =>
        string.IsNullOrWhiteSpace(name) ? $"{prefix} {Convert.ToHexString(RandomNumberGenerator.GetBytes(4))}" : name;
}
