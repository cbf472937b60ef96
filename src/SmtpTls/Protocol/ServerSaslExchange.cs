using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SmtpTls.Protocol;

/// <summary>What a client's answer in an AUTH exchange came to.</summary>
internal enum SaslProgress
{
    /// <summary>Ask on: <see cref="ServerSaslExchange.Challenge"/>.</summary>
    Challenge,

    /// <summary>User and password are known: <see cref="ServerSaslExchange.Credential"/>.</summary>
    Complete,

    /// <summary>It is not what the mechanism wants.</summary>
    Malformed,

    /// <summary>It asks to act for somebody else (RFC 4616 §2, authzid), which nobody may here.</summary>
    OtherIdentity,
}

/// <summary>
/// The server's side of one AUTH exchange: PLAIN (RFC 4616), or LOGIN, which was never standardised and is all that many
/// old clients can do.
/// </summary>
internal sealed class ServerSaslExchange
{
    /// <summary>Octets of a line of an exchange with its CRLF: what RFC 4954 §4 holds sufficient.</summary>
    public const int MaximumLine = 12_288;

    // RFC 4616 §2: 255 octets are enough for every identity.
    private const int MaximumIdentity = 255;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly bool _plain;
    private string? _user;

    private ServerSaslExchange(bool plain) => _plain = plain;

    /// <summary>What stands behind 334, in base64: nothing for PLAIN, the prompts that LOGIN's clients wait for.</summary>
    public ReadOnlySpan<byte> Challenge => _plain ? default : _user is null ? "VXNlcm5hbWU6"u8 : "UGFzc3dvcmQ6"u8;

    /// <summary>Set once <see cref="Respond"/> said <see cref="SaslProgress.Complete"/>.</summary>
    public SaslCredential? Credential { get; private set; }

    /// <summary>Begins an exchange; null where the mechanism is not offered.</summary>
    public static ServerSaslExchange? Begin(ReadOnlySpan<byte> mechanism) =>
        Ascii.EqualsIgnoreCase(mechanism, "PLAIN"u8) ? new ServerSaslExchange(plain: true)
        : Ascii.EqualsIgnoreCase(mechanism, "LOGIN"u8) ? new ServerSaslExchange(plain: false)
        : null;

    /// <summary>Takes an answer, still in base64.</summary>
    public SaslProgress Respond(ReadOnlySpan<byte> response)
    {
        // The decoder would pass over white space; RFC 4954 §4 has none.
        if (response.Length > MaximumLine || response.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return SaslProgress.Malformed;
        }

        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(response.Length)];
        try
        {
            return Base64.DecodeFromUtf8(response, decoded, out _, out var length) == OperationStatus.Done
                ? _plain ? Plain(decoded.AsSpan(0, length)) : Login(decoded.AsSpan(0, length))
                : SaslProgress.Malformed;
        }
        catch (DecoderFallbackException)
        {
            return SaslProgress.Malformed;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(decoded);
        }
    }

    // [authzid] NUL authcid NUL passwd (RFC 4616 §2).
    private SaslProgress Plain(ReadOnlySpan<byte> message)
    {
        var first = message.IndexOf((byte)0);
        var rest = first < 0 ? default : message[(first + 1)..];
        var second = rest.IndexOf((byte)0);
        if (second < 0 || rest[(second + 1)..].Contains((byte)0))
        {
            return SaslProgress.Malformed;
        }

        var other = message[..first];
        var user = rest[..second];
        return !other.IsEmpty && !other.SequenceEqual(user) ? SaslProgress.OtherIdentity : Complete(user, rest[(second + 1)..]);
    }

    private SaslProgress Login(ReadOnlySpan<byte> answer)
    {
        if (_user is not null)
        {
            return Complete(StrictUtf8.GetBytes(_user), answer);
        }

        if (answer.IsEmpty || answer.Length > MaximumIdentity)
        {
            return SaslProgress.Malformed;
        }

        _user = StrictUtf8.GetString(answer);
        return SaslProgress.Challenge;
    }

    private SaslProgress Complete(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        if (user.IsEmpty || user.Length > MaximumIdentity || password.IsEmpty)
        {
            return SaslProgress.Malformed;
        }

        Credential = new SaslCredential(StrictUtf8.GetString(user), StrictUtf8.GetString(password));
        return SaslProgress.Complete;
    }
}
