using SmtpTls.Protocol;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>A lease's sender and recipients as a session says them.</summary>
internal sealed class DeliveryEnvelope
{
    private readonly DeliveryLease _lease;
    private readonly MailPath? _from;
    private readonly ClientRecipient?[] _recipients;

    public DeliveryEnvelope(DeliveryLease lease)
    {
        _lease = lease;
        _from = lease.ReversePath.Length == 0 ? MailPath.Null : Read(lease.ReversePath);
        _recipients = lease.Recipients
            .Select(r => Read(r.Address) is { } path ? new ClientRecipient(path, r.Notify, r.OriginalRecipient) : null)
            .ToArray();
    }

    /// <summary>Why a recipient cannot be named in SMTP at all; null where it can.</summary>
    /// <param name="recipient">Its place in the lease.</param>
    public SmtpFailure? Objection(int recipient)
    {
        var (address, what, status) = _from is null
            ? (_lease.ReversePath, "sender", new EnhancedStatusCode(5, 1, 7))
            : (_lease.Recipients[recipient].Address, "recipient", new EnhancedStatusCode(5, 1, 3));
        if (_from is not null && _recipients[recipient] is not null)
        {
            return null;
        }

        var text = $"The {what} '{Printable.Line(address, 320)}' is no mail address; nothing was sent.";
        return new SmtpFailure
        {
            Code = FindingCode.InvalidInput,
            Message = text,
            Advice = "Correct the address and send the message again.",
            Permanent = true,
            Reply = new SmtpReply(553, status, [text]),
        };
    }

    /// <summary>The envelope for some of the recipients.</summary>
    /// <param name="recipients">Their places in the lease; none that there is an objection to.</param>
    public ClientEnvelope For(IReadOnlyList<int> recipients) => new()
    {
        From = _from!,
        Recipients = recipients.Select(i => _recipients[i]!).ToArray(),
        Size = _lease.Size,
        HasEightBit = _lease.HasEightBit,
        NeedsSmtpUtf8 = _lease.NeedsSmtpUtf8,
        Return = _lease.Return,
        EnvelopeId = _lease.EnvelopeId,
    };

    private static MailPath? Read(string address) => MailPath.TryParse(address, out var path, out _) ? path : null;
}
