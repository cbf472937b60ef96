namespace SmtpTls;

/// <summary>When a sender wants to hear of a recipient (RFC 3461 §4.1, NOTIFY).</summary>
[Flags]
public enum DsnNotify
{
    /// <summary>Nothing was asked for: failure, and a delay where the relay tells of delays (RFC 3461 §4.1).</summary>
    Unspecified = 0,

    /// <summary>Never, not even of failure. Stands alone.</summary>
    Never = 1,

    /// <summary>Of delivery.</summary>
    Success = 2,

    /// <summary>Of failure.</summary>
    Failure = 4,

    /// <summary>Of delay.</summary>
    Delay = 8,
}

/// <summary>How much of the message a report of failure carries (RFC 3461 §4.3, RET).</summary>
public enum DsnReturn
{
    /// <summary>Nothing was asked for: the relay decides.</summary>
    Unspecified,

    /// <summary>The whole message.</summary>
    Full,

    /// <summary>Its header.</summary>
    Headers,
}
