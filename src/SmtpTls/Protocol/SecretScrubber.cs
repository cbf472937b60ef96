using System.Buffers;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>
/// Takes a credential out of what a server says. Servers repeat what they did not understand ("500 unrecognized:
/// AUTH PLAIN AGFsaWNl…"), so once AUTH was sent no reply can be shown or kept as it came.
/// </summary>
internal sealed class SecretScrubber
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Redacted = "[redacted]";

    // A shorter password would be "found" in ordinary words, and cutting it out there would tell it.
    private const int ShortestPassword = 4;

    // A shorter piece of base64 holds at most five bytes, and ordinary words are that long.
    private const int ShortestPiece = 8;

    private static readonly SearchValues<char> Base64Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    private readonly string _password;
    private readonly string[] _encoded;

    public SecretScrubber(SaslCredential credential)
    {
        _password = credential.Password;
        _encoded = [SaslExchange.Plain(credential), SaslExchange.Base64(credential.Password)];
    }

    /// <summary>The reply without the credential.</summary>
    public SmtpReply Scrub(SmtpReply reply) => reply with { Lines = reply.Lines.Select(Scrub).ToArray() };

    /// <summary>The text without the credential: whole, in base64, or a piece of that as a cut-off echo leaves it.</summary>
    public string Scrub(string text)
    {
        foreach (var secret in _encoded)
        {
            text = secret.Length == 0 ? text : text.Replace(secret, Redacted, StringComparison.OrdinalIgnoreCase);
        }

        text = ScrubPieces(text);
        return _password.Length < ShortestPassword ? text : text.Replace(_password, Redacted, StringComparison.OrdinalIgnoreCase);
    }

    private string ScrubPieces(string text)
    {
        var kept = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var begin = rest.IndexOfAny(Base64Characters);
            begin = begin < 0 ? rest.Length : begin;
            kept.Append(rest[..begin]);
            rest = rest[begin..];

            var end = rest.IndexOfAnyExcept(Base64Characters);
            var run = end < 0 ? rest : rest[..end];
            kept.Append(IsPiece(run) ? Redacted : run);
            rest = rest[run.Length..];
        }

        return kept.ToString();
    }

    private bool IsPiece(ReadOnlySpan<char> run)
    {
        if (run.Length < ShortestPiece)
        {
            return false;
        }

        foreach (var secret in _encoded)
        {
            if (secret.AsSpan().Contains(run, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
