namespace SmtpTls.Relay;

/// <summary>How much of what DNS says is believed to be meant.</summary>
internal sealed record NextHopLimits
{
    /// <summary>
    /// Mail exchangers of a domain that are looked at, the most preferred first. Default 10: the largest providers name five;
    /// more would let one domain's DNS make this relay look up and dial at will.
    /// </summary>
    public int Exchangers { get; init; } = 10;

    /// <summary>Addresses of one host that are dialled. Default 5 (Postfix's smtp_mx_address_limit).</summary>
    public int AddressesOfHost { get; init; } = 5;
}
