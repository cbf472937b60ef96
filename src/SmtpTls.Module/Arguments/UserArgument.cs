using System.Management.Automation;
using System.Net;

namespace SmtpTls.Module;

/// <summary>Who may authenticate, as it was given to a parameter: credentials, a file of hashes, or a directory.</summary>
public sealed class UserArgument
{
    private readonly object _given;

    internal UserArgument(object given) => _given = given;

    /// <summary>The users' names, or the file's; never a password.</summary>
    public override string ToString() => _given switch
    {
        PSCredential[] credentials => string.Join(", ", credentials.Select(credential => credential.UserName)),
        string path => path,
        _ => "IUserDirectory",
    };

    /// <summary>The users.</summary>
    /// <exception cref="SmtpException">A name, a password or the file cannot be used.</exception>
    internal IUserDirectory ToDirectory() => _given switch
    {
        IUserDirectory ready => ready,

        // Not GetNetworkCredential: that would take user@contoso.com apart.
        PSCredential[] credentials => UserDirectory.Create(credentials.Select(credential => new NetworkCredential(credential.UserName, credential.Password))),
        _ => ReadFile((string)_given),
    };

    private static UserDirectory ReadFile(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new SmtpException(
                new SmtpFailure
                {
                    Code = FindingCode.InvalidInput,
                    Message = $"The file of users '{path}' cannot be read: {exception.Message}",
                    Advice = "Give a file with a line name:hash for each user, as [SmtpTls.UserDirectory]::HashLine writes it, or credentials.",
                    Permanent = true,
                },
                exception);
        }

        return UserDirectory.FromHashes(lines);
    }
}
