using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>Certificates and a key from PEM (RFC 7468).</summary>
internal static class PemCertificate
{
    private const string EncryptedPkcs8 = "ENCRYPTED PRIVATE KEY";

    /// <exception cref="SmtpException"><see cref="FindingCode.CertificateUnusable"/>.</exception>
    internal static LoadedCertificate Load(string certificates, string certificatePath, string keyText, string keyPath, string? password)
    {
        var all = ReadCertificates(certificates, certificatePath);
        using var key = ReadKey(keyText, keyPath, password);

        // The leaf is the one that the key belongs to, wherever it stands in the file.
        var publicKey = key.ExportSubjectPublicKeyInfo();
        var match = all.FirstOrDefault(c => CertificateFacts.SubjectPublicKeyInfo(c).SequenceEqual(publicKey))
            ?? throw CertificateTrouble.Unusable(
                certificatePath == keyPath
                    ? $"The private key in {keyPath} does not belong to any certificate in it (the first is {all[0].Subject})."
                    : $"The private key in {keyPath} does not belong to the certificate in {certificatePath} ({all[0].Subject}).",
                "Give the key that the certificate was requested with, or the certificate that was issued for this key.");
        return new LoadedCertificate(CertificateMaker.WithKey(match, key), [.. all.Where(c => !ReferenceEquals(c, match))]);
    }

    private static X509Certificate2Collection ReadCertificates(string text, string path)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(text);
        }
        catch (CryptographicException exception)
        {
            throw Damaged(path, exception);
        }

        // A block without its end is not seen by the reader at all; half a file must not pass as a shorter chain.
        var begun = CountOf(text, "-----BEGIN CERTIFICATE-----");
        return all.Count == 0 && begun == 0
            ? throw CertificateTrouble.Unusable(
                $"The file {path} holds no certificate.", "Give a PEM file with a block that begins with -----BEGIN CERTIFICATE-----.")
            : all.Count < begun ? throw Damaged(path, inner: null) : all;
    }

    private static SmtpException Damaged(string path, Exception? inner) => CertificateTrouble.Unusable(
        $"A certificate in {path} is damaged or cut short.", "Copy the file again, whole; check it with: openssl x509 -in FILE -noout -text", inner);

    private static AsymmetricAlgorithm ReadKey(string text, string path, string? password)
    {
        if (text.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
        {
            throw CertificateTrouble.Unusable(
                $"The private key in {path} is encrypted in OpenSSL's old format, which is not read here.", "Convert it to PKCS #8: openssl pkey -aes256 -in FILE -out NEWFILE");
        }

        if (FindKeyBlock(text) is not { } found)
        {
            throw text.Contains("PRIVATE KEY-----", StringComparison.Ordinal)
                ? CertificateTrouble.Unusable($"The private key in {path} is damaged or cut short.", "Copy the file again, whole; check it with: openssl pkey -in FILE -noout")
                : CertificateTrouble.Unusable($"The file {path} holds no private key.", "Give the PEM file of the key that belongs to the certificate.");
        }

        var encrypted = found.Label == EncryptedPkcs8;
        if (encrypted && string.IsNullOrEmpty(password))
        {
            throw CertificateTrouble.Unusable($"The private key in {path} is encrypted, and no password was given.", "Give the key's password.");
        }

        return Import<RSA>(RSA.Create, found.Block, encrypted ? password : null)
            ?? Import<ECDsa>(ECDsa.Create, found.Block, encrypted ? password : null)
            ?? (AsymmetricAlgorithm?)null
            ?? throw CertificateTrouble.Unusable(
                encrypted ? $"The given password does not open the private key in {path}, or the key is neither RSA nor ECDSA." : $"The private key in {path} is damaged, or it is neither RSA nor ECDSA.",
                encrypted ? "Give the key's password; check it with: openssl pkey -in FILE -noout" : "Use an RSA or ECDSA key; check it with: openssl pkey -in FILE -noout");
    }

    private static (string Label, string Block)? FindKeyBlock(string text)
    {
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var label = rest[fields.Label].ToString();
            if (label is "PRIVATE KEY" or "RSA PRIVATE KEY" or "EC PRIVATE KEY" or EncryptedPkcs8)
            {
                return (label, rest[fields.Location].ToString());
            }

            rest = rest[fields.Location.End..];
        }

        return null;
    }

    // The runtime cannot tell what algorithm a block is of; it can only try, and refuses what is not its own.
    private static T? Import<T>(Func<T> create, string block, string? password)
        where T : AsymmetricAlgorithm
    {
        var key = create();
        try
        {
            if (password is null)
            {
                key.ImportFromPem(block);
            }
            else
            {
                key.ImportFromEncryptedPem(block, password);
            }

            return key;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            key.Dispose();
            return null;
        }
    }

    private static int CountOf(string text, string part)
    {
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }
}
