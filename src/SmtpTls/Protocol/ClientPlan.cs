using System.Net;
using System.Security.Authentication;

namespace SmtpTls.Protocol;

/// <summary>What a session shall come to before the first message: everything the dialogue has to know beforehand.</summary>
internal sealed record ClientPlan
{
    /// <summary>The server as the caller named it; messages repeat it.</summary>
    public required string Host { get; init; }

    /// <summary>The dialled address and port: evidence for messages, never an identity.</summary>
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>The argument of EHLO: a host name or an address literal (RFC 5321 §4.1.1.1).</summary>
    public required string HelloName { get; init; }

    /// <summary>How TLS begins.</summary>
    public required TlsMode Mode { get; init; }

    /// <summary>What must hold of TLS.</summary>
    public required TlsLevel Level { get; init; }

    /// <summary>The TLS versions that may be used; None: those that are usual here (<c>TlsVersions.Enabled</c>).</summary>
    public SslProtocols Protocols { get; init; }

    /// <summary>Who to authenticate as, or null.</summary>
    public SaslCredential? Credential { get; init; }

    /// <summary>
    /// Where STARTTLS is required and EHLO does not list it: give the command all the same, only to hear why not. Even
    /// where it is granted no handshake follows, because no other client would come to it.
    /// </summary>
    public bool AsksUnlistedStartTls { get; init; }

    /// <summary>True where the server was dialled over loopback, where STARTTLS may be withheld by design.</summary>
    public bool IsLoopback =>
        IPAddress.IsLoopback(Endpoint.Address.IsIPv4MappedToIPv6 ? Endpoint.Address.MapToIPv4() : Endpoint.Address);

    /// <summary>What mode and level together demand. The default branch refuses: an unknown pair never leads to plain text.</summary>
    public TlsNeed Need => (Mode, Level) switch
    {
        (TlsMode.None, TlsLevel.None or TlsLevel.Opportunistic) => TlsNeed.Never,
        (TlsMode.StartTls, TlsLevel.None) => TlsNeed.Never,
        (TlsMode.StartTls, TlsLevel.Opportunistic) => TlsNeed.IfOffered,
        (TlsMode.StartTls, TlsLevel.Encrypt or TlsLevel.Fingerprint or TlsLevel.Verify or TlsLevel.Secure) => TlsNeed.Required,
        (TlsMode.Implicit, TlsLevel.Opportunistic or TlsLevel.Encrypt or TlsLevel.Fingerprint or TlsLevel.Verify or TlsLevel.Secure) => TlsNeed.FromTheStart,
        _ => TlsNeed.Contradictory,
    };
}

/// <summary>What a plan demands of TLS.</summary>
internal enum TlsNeed
{
    /// <summary>Mode and level do not go together; nothing is sent.</summary>
    Contradictory,

    /// <summary>Plain text, even where STARTTLS is offered.</summary>
    Never,

    /// <summary>STARTTLS where it is offered and granted, else plain text.</summary>
    IfOffered,

    /// <summary>STARTTLS or nothing.</summary>
    Required,

    /// <summary>TLS from the first byte.</summary>
    FromTheStart,
}
