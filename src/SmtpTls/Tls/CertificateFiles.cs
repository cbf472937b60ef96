using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SmtpTls.Tls;

/// <summary>A certificate that can do a server's work, with what belongs to it.</summary>
/// <param name="Leaf">With its private key.</param>
/// <param name="Chain">Everything else that came along.</param>
internal sealed record LoadedCertificate(X509Certificate2 Leaf, X509Certificate2Collection Chain);

/// <summary>Tells one state of a file from the next.</summary>
internal readonly record struct FileStamp(bool Exists, DateTime ModifiedUtc, long Length);

/// <summary>
/// A certificate in one file (PKCS #12, or PEM with the key in it) or in two (PEM). Every way in which the files can be
/// wrong is told with the file's name and the remedy; the password is never told.
/// </summary>
internal sealed class CertificateFiles
{
    // A chain with an RSA 4096 key takes some 20 KiB. What is larger is something else, and is not read into memory.
    private const int MaximumFileBytes = 1024 * 1024;

    // ERROR_INVALID_PASSWORD as HRESULT: the runtime uses it on every platform.
    private const int InvalidPassword = unchecked((int)0x80070056);

    private readonly string _path;
    private readonly string? _keyPath;
    private readonly string? _password;

    internal CertificateFiles(string path, string? keyPath, string? password)
    {
        _path = Full(path, "certificate");
        _keyPath = keyPath is null ? null : Full(keyPath, "key");
        _password = password;
    }

    internal string Description => _keyPath is null || _keyPath == _path ? _path : $"{_path} and {_keyPath}";

    /// <summary>The files as they are now. A file that cannot be looked at counts as missing: loading will say why.</summary>
    internal (FileStamp Certificate, FileStamp Key) Stamps() => (Stamp(_path), _keyPath is null ? default : Stamp(_keyPath));

    /// <summary>Reads the files.</summary>
    /// <exception cref="SmtpException"><see cref="FindingCode.CertificateUnusable"/>.</exception>
    internal LoadedCertificate Load()
    {
        var content = Read(_path);
        return IsPem(content) || _keyPath is not null
            ? PemCertificate.Load(Text(content), _path, _keyPath is null ? Text(content) : Text(Read(_keyPath)), _keyPath ?? _path, _password)
            : LoadPkcs12(content);
    }

    private static string Full(string path, string what) => string.IsNullOrWhiteSpace(path)
        ? throw CertificateTrouble.Unusable($"The {what} file was not named.", "Give its path.")
        : Path.GetFullPath(path);

    // Through a handle, so that symbolic links are followed all the way: certbot and Kubernetes replace links, not files.
    private static FileStamp Stamp(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            return new FileStamp(Exists: true, File.GetLastWriteTimeUtc(handle), RandomAccess.GetLength(handle));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return default;
        }
    }

    private static byte[] Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw CertificateTrouble.Unusable($"{path} is a folder, not a certificate file.", "Give the path of the PFX or PEM file in it.");
        }

        try
        {
            using var handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(handle);
            if (length is 0 or > MaximumFileBytes)
            {
                throw CertificateTrouble.Unusable(
                    length == 0 ? $"The file {path} is empty." : $"The file {path} is larger than any certificate file ({length} bytes).",
                    "Give a PFX or PEM file.");
            }

            var content = new byte[length];
            var read = RandomAccess.Read(handle, content, fileOffset: 0);
            return content[..read];
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CertificateTrouble.Unusable($"The file {path} does not exist.", "Give the path of an existing PFX or PEM file.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw CertificateTrouble.Unusable(
                $"The file {path} cannot be read: {exception.Message}", "Let the account that runs the listener read it.", exception);
        }
    }

    private static bool IsPem(byte[] content) => content.AsSpan().IndexOf("-----BEGIN "u8) >= 0;

    // PEM is ASCII (RFC 7468 §3); explanatory text around it may be anything.
    private static string Text(byte[] content) => Encoding.Latin1.GetString(content);

    private LoadedCertificate LoadPkcs12(byte[] content)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.Import(content, _password, X509KeyStorageFlags.DefaultKeySet);
        }
        catch (CryptographicException exception) when (exception.HResult == InvalidPassword)
        {
            throw CertificateTrouble.Unusable(
                string.IsNullOrEmpty(_password) ? $"The file {_path} is encrypted, and no password was given." : $"The given password does not open {_path}.",
                "Give the password with which the PFX file was exported.",
                exception);
        }
        catch (CryptographicException exception)
        {
            throw CertificateTrouble.Unusable(
                $"The file {_path} is neither a PKCS #12 (PFX) file nor PEM, or it is damaged.",
                "Export it again; check it with: openssl pkcs12 -info -in FILE",
                exception);
        }

        // Some exports carry keys of CAs as well; the server's certificate is the one that is no CA.
        var leaf = all.Where(c => c.HasPrivateKey).OrderBy(IsCertificationAuthority).FirstOrDefault()
            ?? throw CertificateTrouble.Unusable(
                $"The file {_path} holds {(all.Count == 0 ? "no certificate" : "no private key")}.", "Export the certificate together with its private key.");
        return new LoadedCertificate(leaf, [.. all.Where(c => !ReferenceEquals(c, leaf))]);
    }

    private static bool IsCertificationAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority);
}
