using System.Net;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>Who to authenticate as. Formatting never shows the password.</summary>
/// <param name="userName">The authentication identity.</param>
/// <param name="password">The password.</param>
internal sealed class SaslCredential(string userName, string password)
{
    /// <summary>The credential as AUTH sends it. Windows' credential dialogues split <c>CONTOSO\user</c> in two; here it is one again.</summary>
    public static SaslCredential From(NetworkCredential credential) => new(
        credential.Domain.Length == 0 ? credential.UserName : $@"{credential.Domain}\{credential.UserName}", credential.Password);

    public string UserName => userName;

    public string Password => password;

    public override string ToString() => userName;
}

/// <summary>One AUTH exchange (RFC 4954): which mechanism, and what is said when.</summary>
internal sealed class SaslExchange
{
    /// <summary>A command line with its CRLF (RFC 5321 §4.5.3.1.4); a longer initial response has to wait for 334 (RFC 4954 §4).</summary>
    public const int MaximumCommandLine = 512;

    private const string Redacted = "[redacted]";

    private readonly Queue<ClientCommand> _responses = new();
    private readonly ClientCommand _first;

    private SaslExchange(string mechanism, ClientCommand first, params string[] responses)
    {
        Mechanism = mechanism;
        _first = first;
        foreach (var response in responses)
        {
            _responses.Enqueue(new ClientCommand(response, Redacted));
        }
    }

    /// <summary>The mechanism's name.</summary>
    public string Mechanism { get; }

    /// <summary>
    /// Picks PLAIN (RFC 4616), else LOGIN (never standardised, still the only one of many old servers); null where the
    /// server offers neither.
    /// </summary>
    public static SaslExchange? Choose(IReadOnlyList<string> offered, SaslCredential credential)
    {
        if (offered.Contains("PLAIN", StringComparer.OrdinalIgnoreCase))
        {
            var response = Plain(credential);
            var line = $"AUTH PLAIN {response}";
            return line.Length + 2 <= MaximumCommandLine
                ? new SaslExchange("PLAIN", new ClientCommand(line, $"AUTH PLAIN {Redacted}"))
                : new SaslExchange("PLAIN", new ClientCommand("AUTH PLAIN"), response);
        }

        return offered.Contains("LOGIN", StringComparer.OrdinalIgnoreCase)
            ? new SaslExchange("LOGIN", new ClientCommand("AUTH LOGIN"), Base64(credential.UserName), Base64(credential.Password))
            : null;
    }

    /// <summary>The AUTH command.</summary>
    public ClientCommand Start() => _first;

    /// <summary>True once the exchange was cancelled: another 334 is then no answer.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>The answer to a 334. Where nothing is left to say the exchange is cancelled with "*" (RFC 4954 §4).</summary>
    public ClientCommand Respond()
    {
        if (_responses.TryDequeue(out var response))
        {
            return response;
        }

        IsCancelled = true;
        return new ClientCommand("*");
    }

    /// <summary>PLAIN's message: no authorization identity, NUL, user, NUL, password (RFC 4616 §2), in base64.</summary>
    public static string Plain(SaslCredential credential) => Base64($"\0{credential.UserName}\0{credential.Password}");

    /// <summary>LOGIN's answers: the text's UTF-8 in base64.</summary>
    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
