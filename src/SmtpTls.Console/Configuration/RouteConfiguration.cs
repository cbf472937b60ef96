using System.Net;
using System.Security.Authentication;

namespace SmtpTls.Cli.Configuration;

#pragma warning disable CA5397, SYSLIB0039 // Old partners exist; where TLS 1.0 or 1.1 is used, a finding says so.

/// <summary>A route as relay.json has it.</summary>
internal static class RouteConfiguration
{
    private static readonly (string Word, SslProtocols Value)[] Versions =
    [
        ("tls", SslProtocols.Tls), ("tls11", SslProtocols.Tls11), ("tls12", SslProtocols.Tls12), ("tls13", SslProtocols.Tls13),
    ];

    public static SmtpRoute Read(ConfigurationObject from, ConfigurationFiles files)
    {
        var errors = from.Errors;
        var usual = new SmtpRoute { Domains = from.Texts("domains").Select(static entry => entry.Text).ToArray() };
        return usual with
        {
            SmartHosts = from.Texts("smartHosts").Select(entry => errors.At(entry.Path, () => SmtpRoutes.ParseSmartHost(entry.Text))).ToArray(),
            Port = (int?)from.Integer("port") ?? usual.Port,
            TlsMode = from.Choice<TlsMode>("tlsMode") ?? usual.TlsMode,
            TlsLevel = from.Choice<TlsLevel>("tlsLevel") ?? usual.TlsLevel,
            TlsIdentity = from.Choice<TlsIdentity>("tlsIdentity") ?? usual.TlsIdentity,
            ServerName = from.Text("serverName"),
            Fingerprints = from.Texts("fingerprints").Select(static entry => entry.Text).ToArray(),
            TrustedCertificates = from.Texts("trustedCertificates")
                .SelectMany(entry => errors.At(entry.Path, () => CertificateFile.ReadTrusted(files.Resolve(entry.Text, entry.Path, errors)))).ToArray(),
            Protocols = from.Texts("protocols").Select(entry => Version(entry.Text, entry.Path, errors)).Aggregate(SslProtocols.None, static (all, one) => all | one),
            ClientCertificate = ReadClientCertificate(from, files),
            Credential = ReadCredential(from, files),
        };
    }

    private static SslProtocols Version(string text, string place, ConfigurationErrors errors) =>
        Versions.FirstOrDefault(version => version.Word.Equals(text, StringComparison.OrdinalIgnoreCase)) is { Word: not null } found
            ? found.Value
            : throw errors.At(place, $"'{ConfigurationErrors.Show(text)}' is none of its values.", $"Give one of {string.Join(", ", Versions.Select(static v => v.Word))}.");

    private static System.Security.Cryptography.X509Certificates.X509Certificate2? ReadClientCertificate(ConfigurationObject from, ConfigurationFiles files)
    {
        var (certificate, key, password) = (from.Text("clientCertificate"), from.Text("clientKey"), files.Password(from));
        if (certificate is null)
        {
            return key is null && password is null
                ? null
                : throw from.Errors.At(from.Path, "clientKey or a password for it is there without clientCertificate.", "Give clientCertificate as well; a credential's password belongs into credential.");
        }

        var place = from.PathOf("clientCertificate");
        return from.Errors.At(place, () => CertificateFile.ReadClient(
            files.Resolve(certificate, place, from.Errors), key is null ? null : files.Resolve(key, from.PathOf("clientKey"), from.Errors), password));
    }

    private static NetworkCredential? ReadCredential(ConfigurationObject from, ConfigurationFiles files)
    {
        if (from.Object("credential") is not { } credential)
        {
            return null;
        }

        var password = files.Password(credential)
            ?? throw credential.Errors.At(credential.Path, "there is no password.", "Give passwordEnvironment, the name of an environment variable, or passwordFile, a file that holds it.");

        // One text, as AUTH sends it: a backslash in a user's name parts nothing here.
        return new NetworkCredential { UserName = credential.Text("userName")!, Password = password };
    }
}
