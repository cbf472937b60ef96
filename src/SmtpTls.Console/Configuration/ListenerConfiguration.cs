using System.Net;

namespace SmtpTls.Cli.Configuration;

/// <summary>A listener as relay.json has it.</summary>
internal static class ListenerConfiguration
{
    // A line is some 150 bytes.
    private const int LongestUsersFile = 4 * 1024 * 1024;

    public static SmtpListenerOptions Read(ConfigurationObject from, ConfigurationFiles files)
    {
        var errors = from.Errors;
        var usual = new SmtpListenerOptions();
        var options = usual with
        {
            Name = from.Text("name"),
            Addresses = from.Texts("address").Select(entry => Address(entry.Text, entry.Path, errors)).ToArray(),
            Port = (int?)from.Integer("port") ?? usual.Port,
            TlsMode = from.Choice<TlsMode>("tlsMode") ?? usual.TlsMode,
            StartTls = from.Choice<StartTlsPolicy>("startTls") ?? usual.StartTls,
            RequireTls = from.Flag("requireTls") ?? usual.RequireTls,
            Certificates = ReadCertificates(from, files),
            HostName = from.Text("hostName"),
            Users = ReadUsers(from, files),
            RequireAuthentication = from.Flag("requireAuthentication") ?? usual.RequireAuthentication,
            ClientCertificate = from.Choice<ClientCertificatePolicy>("clientCertificate") ?? usual.ClientCertificate,
            Limits = from.Object("limits")?.Into(usual.Limits) ?? usual.Limits,
            TemporaryFolder = from.Text("temporaryFolder") is { } folder ? files.Resolve(folder, from.PathOf("temporaryFolder"), errors) : null,
        };
        return errors.At(from.Path, () =>
        {
            options.Validate();
            return options;
        });
    }

    private static IPAddress Address(string text, string place, ConfigurationErrors errors) => IPAddress.TryParse(text, out var address)
        ? address
        : throw errors.At(place, $"'{ConfigurationErrors.Show(text)}' is no IP address.", "Give one of this machine's, such as 127.0.0.1 or ::1; without address, every one is listened on.");

    private static ListenerCertificate[] ReadCertificates(ConfigurationObject from, ConfigurationFiles files)
    {
        var (certificates, keys, password) = (from.Texts("certificate"), from.Texts("key"), files.Password(from));
        if (keys.Count > 0 && keys.Count != certificates.Count)
        {
            throw from.Errors.At(
                from.Path,
                FormattableString.Invariant($"there are {certificates.Count} certificates and {keys.Count} keys."),
                "Give one key a certificate in the same order, or none where the certificate files hold their keys.");
        }

        return certificates.Select((certificate, index) => from.Errors.At(certificate.Path, () =>
        {
            var path = files.Resolve(certificate.Text, certificate.Path, from.Errors);
            return keys.Count == 0
                ? ListenerCertificate.FromFile(path, password)
                : ListenerCertificate.FromPem(path, files.Resolve(keys[index].Text, keys[index].Path, from.Errors), password);
        })).ToArray();
    }

    private static UserDirectory? ReadUsers(ConfigurationObject from, ConfigurationFiles files)
    {
        if (!from.Has("users") && !from.Has("usersFile"))
        {
            return null;
        }

        var lines = from.Objects("users").Select(user => ReadUser(user, files)).ToList();
        if (from.Text("usersFile") is { } file)
        {
            var place = from.PathOf("usersFile");
            var more = ConfigurationFiles.ReadText(files.Resolve(file, place, from.Errors), LongestUsersFile, place, from.Errors).Split('\n');

            // By itself first: then the line that is named is the file's.
            _ = from.Errors.At(place, () => UserDirectory.FromHashes(more));
            lines.AddRange(more);
        }

        var directory = from.Errors.At(from.Has("users") ? from.PathOf("users") : from.PathOf("usersFile"), () => UserDirectory.FromHashes(lines));
        return directory.Users.Count > 0
            ? directory
            : throw from.Errors.At(from.Path, "there are no users, so nobody could authenticate.", "Name one, or leave users and usersFile out.");
    }

    private static string ReadUser(ConfigurationObject user, ConfigurationFiles files)
    {
        var (name, hash, password) = (user.Text("name")!, user.Text("passwordHash"), files.Password(user));
        if (hash is null == password is null)
        {
            throw user.Errors.At(user.Path, hash is null ? "there is no password." : "there are a password and a hash.", "Give one of passwordHash, passwordEnvironment and passwordFile.");
        }

        return user.Errors.At(user.Path, () =>
        {
            var line = password is null ? $"{name}:{hash}" : UserDirectory.HashLine(new NetworkCredential { UserName = name, Password = password });
            _ = UserDirectory.FromHashes([line]);
            return line;
        });
    }
}
