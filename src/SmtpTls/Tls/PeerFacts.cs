using System.Security.Authentication;

namespace SmtpTls.Tls;

/// <summary>What a handshake told about a peer, without policy and without anything that needs disposing.</summary>
internal sealed record PeerFacts
{
    /// <summary>For a peer that presented no certificate.</summary>
    internal static PeerFacts NoCertificate { get; } = new();

    /// <summary>What the peer presented, in its order, its own certificate first.</summary>
    internal IReadOnlyList<CertificateInfo> Presented { get; init; } = [];

    /// <summary>The identifiers in the peer's own certificate.</summary>
    internal CertificateNames Names { get; init; } = CertificateNames.None;

    internal ChainAssessment Chain { get; init; } = ChainAssessment.Nothing;

    /// <summary>Why what was presented cannot be read; null where it can. Then nothing else is known.</summary>
    internal string? Unreadable { get; init; }

    internal CertificateInfo? Leaf => Presented.Count > 0 ? Presented[0] : null;
}

/// <summary>What was negotiated.</summary>
/// <param name="Protocol">One protocol version.</param>
/// <param name="CipherSuite">The IANA name.</param>
internal sealed record NegotiatedTls(SslProtocols Protocol, string CipherSuite)
{
    /// <summary>As OpenSSL and Postfix write it.</summary>
    internal string ProtocolName => TlsProtocolName.Of(Protocol);
}

/// <summary>Names of protocol versions, as OpenSSL and Postfix write them.</summary>
internal static class TlsProtocolName
{
#pragma warning disable CA5397, CA5398, SYSLIB0039, CS0618 // The old versions are named here only to report them.
    internal static string Of(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "TLSv1.3",
        SslProtocols.Tls12 => "TLSv1.2",
        SslProtocols.Tls11 => "TLSv1.1",
        SslProtocols.Tls => "TLSv1",
        SslProtocols.Ssl3 => "SSLv3",
        SslProtocols.Ssl2 => "SSLv2",
        _ => protocol.ToString(),
    };

    /// <summary>Older than TLS 1.2 (RFC 8996).</summary>
    internal static bool IsOld(SslProtocols protocol) =>
        protocol is SslProtocols.Tls11 or SslProtocols.Tls or SslProtocols.Ssl3 or SslProtocols.Ssl2;
#pragma warning restore CA5397, CA5398, SYSLIB0039, CS0618
}
