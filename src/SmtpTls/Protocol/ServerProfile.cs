namespace SmtpTls.Protocol;

/// <summary>Whether STARTTLS is listed on a connection, and if not, what the refusal says.</summary>
internal enum StartTlsOffer
{
    Offered,

    /// <summary>By <see cref="StartTlsPolicy.ExceptLoopback"/>, on a loopback connection.</summary>
    WithheldOnLoopback,

    /// <summary>The listener has no certificate, or was told <see cref="StartTlsPolicy.Never"/>.</summary>
    NotConfigured,
}

/// <summary>What is the same for every session of a listener.</summary>
internal sealed class ServerProfile
{
    /// <summary>
    /// A message that is too large is read past to its end, so that the client hears 552 and the session goes on; a
    /// client that does not end is cut off at so many times the limit.
    /// </summary>
    public const int PatienceWithTooLarge = 10;

    public ServerProfile(string hostName, ListenerLimits limits)
    {
        HostName = hostName;
        Limits = limits;
        Greeting = Ascii($"220 {hostName} ESMTP SmtpTls\r\n");
        Farewell = Ascii($"221 2.0.0 {hostName} closing\r\n");
        Extensions = Ascii($"250-PIPELINING\r\n250-SIZE {limits.MaximumMessageSize}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n");
    }

    public string HostName { get; }

    public ListenerLimits Limits { get; }

    public byte[] Greeting { get; }

    public byte[] Farewell { get; }

    /// <summary>AUTH is listed and taken, inside TLS.</summary>
    public bool OffersAuthentication { get; init; }

    /// <summary>No mail without AUTH.</summary>
    public bool RequireAuthentication { get; init; }

    /// <summary>No mail without a client certificate.</summary>
    public bool RequireClientCertificate { get; init; }

    /// <summary>DSN is listed, and its parameters are taken (RFC 3461): whoever takes the messages promised to honour them.</summary>
    public bool OffersDsn { get; init; }

    /// <summary>EHLO's lines that do not depend on the connection, all but the last ones.</summary>
    public byte[] Extensions { get; }

    private static byte[] Ascii(FormattableString text) =>
        System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant(text));
}
