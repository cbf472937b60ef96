using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmtpTls.Tls;

namespace SmtpTls;

/// <summary>
/// A certificate that a listener presents, with its key and its chain. From files, a replacement is picked up while the
/// listener runs: new sessions get the new certificate, running ones keep theirs, and a replacement that cannot be used
/// changes nothing but is reported to <see cref="ReloadFailed"/>.
/// </summary>
public sealed class ListenerCertificate
{
    /// <summary>
    /// How often files are looked at, at most, in seconds: often enough that a renewal counts at once, seldom enough that
    /// a thousand handshakes a second cost two calls to the file system.
    /// </summary>
    public const int ReloadCheckSeconds = 1;

    private readonly CertificateFiles? _files;
    private readonly string _source;
    private readonly TimeProvider _clock;
    private volatile ServingCertificate _current;
    private (FileStamp Certificate, FileStamp Key) _seen;
    private long _checkedAt;
    private int _checking;

    private ListenerCertificate(LoadedCertificate loaded, string source, TimeProvider clock)
    {
        _source = source;
        _clock = clock;
        _current = ServingCertificate.Create(loaded, source, clock);
    }

    private ListenerCertificate(CertificateFiles files, TimeProvider clock)
    {
        _files = files;
        _source = files.Description;
        _clock = clock;

        // Before reading: a change in between shows at the next look.
        _seen = files.Stamps();
        _checkedAt = clock.GetTimestamp();
        _current = ServingCertificate.Create(files.Load(), _source, clock);
    }

    /// <summary>
    /// Called once for each state of the files that cannot be used, with the reason. It runs on the path of a handshake:
    /// it shall be quick and not throw.
    /// </summary>
    public Action<SmtpFailure>? ReloadFailed { get; set; }

    /// <summary>The names that clients can ask for: dNSName and iPAddress entries.</summary>
    public IReadOnlyList<string> Names => _current.Info.DnsNames.Concat(_current.Info.IPAddresses).ToArray();

    /// <summary>Distinguished name of the subject.</summary>
    public string Subject => _current.Info.Subject;

    /// <summary>Valid until.</summary>
    public DateTimeOffset NotAfter => _current.Info.NotAfter;

    /// <summary>SHA-1 over the certificate, as Windows' certificate stores show it.</summary>
    public string Thumbprint => _current.Info.Thumbprint;

    /// <summary>True where it comes from files that are watched.</summary>
    public bool IsReloadable => _files is not null;

    /// <summary>
    /// What clients will stumble over, as of now: out of date, soon to expire, no names, weak key or signature. All are
    /// warnings: a listener starts with such a certificate all the same.
    /// </summary>
    public IReadOnlyList<Finding> Findings => ListenerFindings.Of(_current, _clock.GetUtcNow());

    /// <summary>Reads a PFX (PKCS #12) file, or a PEM file that holds the key as well.</summary>
    /// <param name="path">The file; watched for changes.</param>
    /// <param name="password">Opens the file; kept in memory, because a replacement needs it again. Null for none.</param>
    /// <param name="clock">The time. Default: the system's.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.CertificateUnusable"/>, naming the file and the remedy.</exception>
    public static ListenerCertificate FromFile(string path, string? password = null, TimeProvider? clock = null) =>
        new(new CertificateFiles(path, keyPath: null, password), clock ?? TimeProvider.System);

    /// <summary>Reads PEM files. All certificates in the file are sent; the one that the key belongs to is the server's.</summary>
    /// <param name="certificatePath">The certificate and its intermediates; watched for changes.</param>
    /// <param name="keyPath">The key, watched for changes; null where it stands in <paramref name="certificatePath"/>.</param>
    /// <param name="password">Decrypts a PKCS #8 key; kept in memory, because a replacement needs it again. Null for none.</param>
    /// <param name="clock">The time. Default: the system's.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.CertificateUnusable"/>, naming the file and the remedy.</exception>
    public static ListenerCertificate FromPem(string certificatePath, string? keyPath = null, string? password = null, TimeProvider? clock = null) =>
        new(new CertificateFiles(certificatePath, keyPath ?? certificatePath, password), clock ?? TimeProvider.System);

    /// <summary>Takes a certificate of this process. It must not be disposed of while a listener uses it.</summary>
    /// <param name="certificate">With its private key.</param>
    /// <param name="chain">Its intermediates. Null for none.</param>
    /// <param name="clock">The time. Default: the system's.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.CertificateUnusable"/>: no private key, or one that cannot be used.</exception>
    public static ListenerCertificate FromCertificate(X509Certificate2 certificate, X509Certificate2Collection? chain = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return new ListenerCertificate(new LoadedCertificate(certificate, chain ?? []), "given as an object", clock ?? TimeProvider.System);
    }

    /// <summary>Takes a certificate from the system's personal store (<c>My</c>).</summary>
    /// <param name="thumbprint">SHA-1 over the certificate, as the store shows it; blanks and colons do not matter.</param>
    /// <param name="location">Whose store. Default: the current user's, the only one that Linux has.</param>
    /// <param name="clock">The time. Default: the system's.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.CertificateUnusable"/>: no such certificate or store, or no private key.</exception>
    public static ListenerCertificate FromStore(string thumbprint, StoreLocation location = StoreLocation.CurrentUser, TimeProvider? clock = null)
    {
        // Copied from Windows' certificate dialog, a thumbprint begins with an invisible mark and is full of blanks.
        var wanted = string.Concat((thumbprint ?? "").Where(char.IsAsciiHexDigit)).ToUpperInvariant();
        var source = string.Create(CultureInfo.InvariantCulture, $"store {location}\\My");
        try
        {
            using var store = new X509Store(StoreName.My, location, OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
            var found = wanted.Length == 0 ? null : store.Certificates.Find(X509FindType.FindByThumbprint, wanted, validOnly: false).FirstOrDefault();
            return found is null
                ? throw CertificateTrouble.Unusable(
                    $"There is no certificate with thumbprint {wanted} in {source}.", $"Compare with the thumbprints that are there: Get-ChildItem Cert:\\{location}\\My")
                : new ListenerCertificate(new LoadedCertificate(found, []), source, clock ?? TimeProvider.System);
        }
        catch (CryptographicException exception)
        {
            throw CertificateTrouble.Unusable(
                $"The {source} cannot be opened: {exception.Message}",
                "Use a store that this system and this account have; on Linux that is the current user's, and a PFX or PEM file is the usual way.",
                exception);
        }
    }

    /// <summary>Makes a certificate that is its own issuer: for trials, since no client trusts it unasked. ECDSA P-256, valid for a year.</summary>
    /// <param name="names">DNS names, wildcards and addresses.</param>
    /// <param name="clock">The time. Default: the system's.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: no name, or one that is none.</exception>
    public static ListenerCertificate SelfSigned(IReadOnlyList<string> names, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(names);
        clock ??= TimeProvider.System;
        using var key = CertificateMaker.CreateKey(CertificateKeyKind.EcdsaP256);
        var now = clock.GetUtcNow();
        using var certificate = CertificateMaker.SelfSign(
            CertificateMaker.Server(names, key), key, now.AddDays(-1), now.AddDays(TestCertificateOptions.DefaultDays));
        return new ListenerCertificate(new LoadedCertificate(CertificateMaker.WithKey(certificate, key), []), "self-signed", clock);
    }

    /// <summary>A copy of the certificate without its key, for a client of this process to trust.</summary>
    public X509Certificate2 ExportPublic() => new(_current.Leaf.RawData);

    /// <summary>Writes the certificate without its key as PEM, for a client to trust.</summary>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: the file cannot be written.</exception>
    public void ExportPublicPem(string path) =>
        PrivateFile.Write(path, Encoding.ASCII.GetBytes(_current.Leaf.ExportCertificatePem() + "\n"), isSecret: false);

    /// <summary>Subject and thumbprint.</summary>
    public override string ToString() => $"{Subject} ({Thumbprint})";

    /// <summary>
    /// What to use for a handshake that begins now. Looks at the files at most once every <see cref="ReloadCheckSeconds"/>,
    /// on one thread; the others go on with what there is.
    /// </summary>
    internal ServingCertificate Current()
    {
        if (_files is not null
            && _clock.GetElapsedTime(Volatile.Read(ref _checkedAt)) >= TimeSpan.FromSeconds(ReloadCheckSeconds)
            && Interlocked.CompareExchange(ref _checking, 1, 0) == 0)
        {
            try
            {
                Volatile.Write(ref _checkedAt, _clock.GetTimestamp());
                ReloadIfChanged(_files);
            }
            finally
            {
                Volatile.Write(ref _checking, 0);
            }
        }

        return _current;
    }

    private void ReloadIfChanged(CertificateFiles files)
    {
        var stamps = files.Stamps();
        if (stamps == _seen)
        {
            return;
        }

        // Remembered before trying: a broken state is tried and reported once, not every second.
        _seen = stamps;
        try
        {
            _current = ServingCertificate.Create(files.Load(), _source, _clock);
        }
        catch (SmtpException exception)
        {
            var failure = exception.Failure;
            ReloadFailed?.Invoke(failure with
            {
                Message = $"The changed certificate was not taken; {_current.Info.Subject} ({_current.Info.Thumbprint}) stays in use. {failure.Message}",
            });
        }
    }
}
