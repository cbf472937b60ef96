using System.Net;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls.Probe;

/// <summary>What was seen at one address of a server. Both kinds of records are made from it.</summary>
internal sealed record ServerLook
{
    public required ProbeRequest Request { get; init; }

    /// <summary>What was dialled; null where the name has no address.</summary>
    public IPEndPoint? Endpoint { get; init; }

    public required StartTlsStatus Status { get; init; }

    /// <summary>What ended the look before it was at its end, or why there was no TLS to look at; null where all went well.</summary>
    public SmtpFailure? Reason { get; init; }

    public SmtpReply? Banner { get; init; }

    /// <summary>What EHLO said in plain text; null where it did not come to that.</summary>
    public EhloResponse? EhloBefore { get; init; }

    /// <summary>What EHLO said inside TLS; null where it did not come to that.</summary>
    public EhloResponse? EhloAfter { get; init; }

    /// <summary>The reply to STARTTLS, where the command was sent.</summary>
    public SmtpReply? StartTlsReply { get; init; }

    /// <summary>The peer; null where there was no handshake.</summary>
    public PeerVerdict? Verdict { get; init; }

    public IReadOnlyList<PhaseTiming> Timings { get; init; } = [];

    /// <summary>The one that explains the status first.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Host and endpoint as messages name them.</summary>
    public string Where => Endpoint is null ? Request.Settings.Host : ClientFailures.Place(Request.Settings.Host, Endpoint);
}
