namespace SmtpTls.Protocol;

/// <summary>Names of transmission types, as they stand behind "with" in a trace header (RFC 5321 §4.4, RFC 3848, RFC 6531 §4.3).</summary>
internal static class TransmissionType
{
    /// <summary>The name.</summary>
    /// <param name="extended">EHLO was said, not HELO.</param>
    /// <param name="smtpUtf8">The message was sent with SMTPUTF8.</param>
    /// <param name="tls">Inside TLS.</param>
    /// <param name="authenticated">By a user that authenticated.</param>
    public static string Of(bool extended, bool smtpUtf8, bool tls, bool authenticated) =>
        !extended ? "SMTP" : (smtpUtf8, tls, authenticated) switch
        {
            (false, false, false) => "ESMTP",
            (false, true, false) => "ESMTPS",
            (false, false, true) => "ESMTPA",
            (false, true, true) => "ESMTPSA",
            (true, false, false) => "UTF8SMTP",
            (true, true, false) => "UTF8SMTPS",
            (true, false, true) => "UTF8SMTPA",
            (true, true, true) => "UTF8SMTPSA",
        };
}
