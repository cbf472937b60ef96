namespace SmtpTls;

/// <summary>
/// What a relay asks of next hops and of itself when it delivers, each bound with the source of its default.
/// </summary>
public sealed record DeliveryLimits
{
    private const string Kind = "delivery";

    /// <summary>
    /// Messages on one connection, after which it is closed. Default 100: a handshake costs as much as ten small messages, so
    /// more gain little, and a load balancer at the other side gets to choose again.
    /// </summary>
    public int MessagesPerConnection { get; init; } = 100;

    /// <summary>Open connections to one next hop. Default 20 (Postfix: default_destination_concurrency_limit).</summary>
    public int ConnectionsPerNextHop { get; init; } = 20;

    /// <summary>Open connections in all. Default 100 (Postfix: default_process_limit).</summary>
    public int Connections { get; init; } = 100;

    /// <summary>
    /// How long a connection that nobody uses is kept. Default 5 seconds (Postfix: smtp_connection_cache_time_limit is 2):
    /// long enough for the next message of a stream, short enough to be no burden to the other side.
    /// </summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a delivery waits for a connection while all are in use. Default 1 minute; then it is put back untried, so
    /// that its lease is not kept from others.
    /// </summary>
    public TimeSpan ConnectionWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Recipients of one transaction; the others get another on the same connection. Default 100, which every server takes (RFC 5321 §4.5.3.1.8).</summary>
    public int RecipientsPerTransaction { get; init; } = 100;

    /// <summary>
    /// Addresses that one attempt dials, over all hosts. Default 10 (Postfix: smtp_mx_address_limit is 5): enough for real
    /// domains with IPv6 and IPv4, and a bound on what somebody else's DNS can make this relay dial.
    /// </summary>
    public int AddressesPerAttempt { get; init; } = 10;

    /// <summary>Throws where a bound is not a positive number, or a time is longer than 49 days, which is what a timer takes.</summary>
    /// <exception cref="SmtpException"><see cref="FindingCode.InvalidInput"/>: names the limit and what it may be.</exception>
    public void Validate()
    {
        LimitCheck.RequirePositive(MessagesPerConnection, Kind, nameof(MessagesPerConnection));
        LimitCheck.RequirePositive(ConnectionsPerNextHop, Kind, nameof(ConnectionsPerNextHop));
        LimitCheck.RequirePositive(Connections, Kind, nameof(Connections));
        LimitCheck.RequireTime(IdleTime, Kind, nameof(IdleTime));
        LimitCheck.RequireTime(ConnectionWait, Kind, nameof(ConnectionWait));
        LimitCheck.RequirePositive(RecipientsPerTransaction, Kind, nameof(RecipientsPerTransaction));
        LimitCheck.RequirePositive(AddressesPerAttempt, Kind, nameof(AddressesPerAttempt));
    }
}
