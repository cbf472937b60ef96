namespace SmtpTls.Relay;

/// <summary>What is the same for every delivery of a relay.</summary>
internal sealed record DeliveryProfile
{
    /// <summary>The argument of EHLO (RFC 5321 §4.1.1.1): the relay's host name. Null: the literal of the connection's own address.</summary>
    public string? HelloName { get; init; }

    /// <summary>How long to wait in each phase.</summary>
    public ClientTimeouts Timeouts { get; init; } = new();

    /// <summary>Connections, messages and recipients.</summary>
    public DeliveryLimits Limits { get; init; } = new();
}
