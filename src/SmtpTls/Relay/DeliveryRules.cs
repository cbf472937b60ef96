using SmtpTls.Protocol;

namespace SmtpTls.Relay;

/// <summary>What a failure at one place (a host's address) means for the delivery.</summary>
/// <param name="Code">The failures that it is about; null: all.</param>
/// <param name="First">The first phase that it is about.</param>
/// <param name="Last">The last one. A failure without a phase fits every row.</param>
/// <param name="AnotherPlace">True where another address or host may do better (RFC 5321 §5.1); false where this one has decided.</param>
/// <param name="BlamesNextHop">True where every message would have failed alike, so that the whole next hop is given time.</param>
/// <param name="MayBounce">True where a permanent failure returns the message to its sender at once.</param>
/// <param name="Status">The enhanced status code of a reply made up for the failure (RFC 3463); null where nobody said anything, or the server did.</param>
internal sealed record DeliveryRule(
    FindingCode? Code, SmtpPhase First, SmtpPhase Last, bool AnotherPlace, bool BlamesNextHop, bool MayBounce, string? Status)
{
    /// <summary>True where the row is about the failure.</summary>
    public bool Fits(SmtpFailure failure) =>
        (Code is null || Code == failure.Code) && (failure.Phase is not { } phase || (phase >= First && phase <= Last));
}

/// <summary>
/// The table of failures. TLS and authentication never bounce a message at once: certificates and passwords are mended,
/// and an attacker on the line must not be able to return mail. Nor do they lead to weaker delivery; another host may
/// hold the level.
/// </summary>
internal static class DeliveryRules
{
    private const bool Another = true;
    private const bool Decided = false;
    private const bool NextHop = true;
    private const bool Message = false;
    private const bool Bounces = true;
    private const bool Waits = false;

    private static readonly DeliveryRule[] Rows =
    [
        // 421, whenever it comes, and any refusal to talk: a 554 greeting (RFC 5321 §3.1) is about the host, not the message.
        Row(FindingCode.ServiceRefused, Another, NextHop, Waits, status: null),

        // Nobody reached (§5.1: the next address in its order).
        Row(FindingCode.ConnectFailed, Another, NextHop, Waits, status: null),
        Row(FindingCode.NotSmtp, Another, NextHop, Waits, status: null),

        // TLS as it was wanted could not be had: another host may do it, none is spared it (RFC 3463 §3.8).
        Row(FindingCode.StartTlsNotOffered, Another, NextHop, Waits, "4.7.4"),
        Row(FindingCode.StartTlsWithheldOnLoopback, Another, NextHop, Waits, "4.7.4"),
        Row(FindingCode.StartTlsRefused, Another, NextHop, Waits, "4.7.4"),
        Row(FindingCode.StartTlsInjection, Another, NextHop, Waits, "4.7.5"),
        new(Code: null, SmtpPhase.Handshake, SmtpPhase.Handshake, Another, NextHop, Waits, "4.7.5"),

        // A password that was refused is not tried around (RFC 4954 §4); a host that cannot ask for it is passed over.
        Row(FindingCode.AuthenticationFailed, Decided, NextHop, Waits, "4.7.8"),
        Row(FindingCode.AuthenticationUnavailable, Another, NextHop, Waits, "4.7.4"),

        // What this host lacks another may have; where none has it the message goes back (RFC 6152 §3, RFC 6531 §3.5, RFC 1870 §6.1).
        Row(FindingCode.ExtensionMissing, Another, Message, Bounces, "5.6.3"),
        Row(FindingCode.SenderRefused, Decided, Message, Bounces, status: null),
        Row(FindingCode.RecipientRefused, Decided, Message, Bounces, status: null),
        Row(FindingCode.MessageRefused, Decided, Message, Bounces, status: null),
        new(FindingCode.MessageTooLarge, SmtpPhase.Resolve, SmtpPhase.MailFrom, Another, Message, Bounces, "5.3.4"),
        new(FindingCode.MessageTooLarge, SmtpPhase.RcptTo, SmtpPhase.Quit, Decided, Message, Bounces, "5.3.4"),

        // The reply to the message never came: to go elsewhere now would be to send it twice for sure (RFC 5321 §4.5.3.2.6).
        Row(FindingCode.OutcomeUnknown, Decided, Message, Waits, "4.4.2"),

        // The queue's own trouble with the message, which no other host mends.
        Row(FindingCode.InvalidInput, Decided, Message, Waits, "4.3.0"),

        // Lost, late or garbled. Up to MAIL that is the host; with the recipients and the message it may be about them, and
        // in the middle of a message that message would fail at the next host alike.
        Row(FindingCode.ConnectionLost, SmtpPhase.Resolve, SmtpPhase.MailFrom, Another, NextHop, "4.4.2"),
        Row(FindingCode.TimedOut, SmtpPhase.Resolve, SmtpPhase.Connect, Another, NextHop, status: null),
        Row(FindingCode.TimedOut, SmtpPhase.Greeting, SmtpPhase.MailFrom, Another, NextHop, "4.4.2"),
        Row(FindingCode.ProtocolError, SmtpPhase.Resolve, SmtpPhase.MailFrom, Another, NextHop, "4.5.0"),
        new(Code: null, SmtpPhase.RcptTo, SmtpPhase.Data, Another, Message, Waits, "4.4.2"),
        new(Code: null, SmtpPhase.Message, SmtpPhase.Quit, Decided, Message, Waits, "4.4.2"),

        // Before the envelope, with a code that is not named above.
        new(Code: null, SmtpPhase.Connect, SmtpPhase.MailFrom, Another, NextHop, Waits, Status: null),
    ];

    private static readonly DeliveryRule OfTheQueue = new(Code: null, SmtpPhase.Resolve, SmtpPhase.Quit, Decided, Message, Waits, Status: null);

    /// <summary>The rows, in the order in which they are looked through.</summary>
    public static IReadOnlyList<DeliveryRule> All => Rows;

    /// <summary>The first row that fits.</summary>
    /// <param name="failure">What went wrong at a place.</param>
    public static DeliveryRule Of(SmtpFailure failure) =>
        failure.Phase is null ? OfTheQueue : Rows.FirstOrDefault(row => row.Fits(failure)) ?? OfTheQueue;

    /// <summary>The reply that decided: the server's, or one made up where the row has a status for it; null where nobody said anything.</summary>
    public static SmtpReply? ReplyTo(SmtpFailure failure, DeliveryRule rule)
    {
        // A connection that was lost has the reply before it, which decided nothing.
        if (failure.Reply is { } said && (said.IsTransient || said.IsPermanent))
        {
            return said;
        }

        return EnhancedStatusCode.TryParse(rule.Status, out var status)
            ? new SmtpReply(status.Class == 5 ? 554 : 451, status, [Printable.Line(failure.Message)])
            : null;
    }

    private static DeliveryRule Row(FindingCode code, bool anotherPlace, bool blamesNextHop, bool mayBounce, string? status) =>
        new(code, SmtpPhase.Resolve, SmtpPhase.Quit, anotherPlace, blamesNextHop, mayBounce, status);

    private static DeliveryRule Row(FindingCode code, SmtpPhase first, SmtpPhase last, bool anotherPlace, bool blamesNextHop, string? status) =>
        new(code, first, last, anotherPlace, blamesNextHop, Waits, status);
}
