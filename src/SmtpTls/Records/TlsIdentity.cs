namespace SmtpTls;

/// <summary>What a certificate is compared with.</summary>
public enum TlsIdentity
{
    /// <summary>The reference identity: the name that was asked for (RFC 9525 §6.1). The right behaviour.</summary>
    Name,

    /// <summary>
    /// The address that was dialled, as the Internet Mail Service of Exchange Server 5.5 did before SP4. Only to
    /// reproduce what a broken partner sees; every result says that it was used.
    /// </summary>
    Address,
}
