namespace SmtpTls;

/// <summary>
/// The stable codes of findings and failures. An ErrorRecord's id is one of these names, so scripts may compare with
/// them; docs/findings.md explains each.
/// </summary>
public enum FindingCode
{
    // --- Identity and certificate -----------------------------------------------------------------------------

    /// <summary>The reference identity is an IP address, and the certificate names hosts, not that address.</summary>
    IdentityIsAddress,

    /// <summary>No name in the certificate matches the reference identity.</summary>
    NameMismatch,

    /// <summary>The certificate was compared with the dialled address because <see cref="TlsIdentity.Address"/> was asked for.</summary>
    AddressIdentityUsed,

    /// <summary>The certificate has no subjectAltName; a common name is not a name (RFC 9525 §2).</summary>
    NoSubjectAlternativeName,

    /// <summary>The certificate is past its notAfter date.</summary>
    CertificateExpired,

    /// <summary>The certificate will expire soon.</summary>
    CertificateExpiresSoon,

    /// <summary>The certificate's notBefore date is in the future.</summary>
    CertificateNotYetValid,

    /// <summary>An intermediate certificate is missing from what the server presented.</summary>
    ChainIncomplete,

    /// <summary>The server's certificate is its own issuer.</summary>
    SelfSigned,

    /// <summary>The chain ends at a root that is not trusted here.</summary>
    UntrustedRoot,

    /// <summary>The chain failed for another reason; the evidence names the element and the error.</summary>
    ChainInvalid,

    /// <summary>None of the pinned fingerprints is the peer's.</summary>
    FingerprintMismatch,

    /// <summary>The server presented no certificate.</summary>
    NoCertificate,

    /// <summary>Verification was switched off by the caller.</summary>
    CertificateCheckSkipped,

    /// <summary>A key is too short for today.</summary>
    WeakKey,

    /// <summary>A signature uses an algorithm that is broken (MD5, SHA-1).</summary>
    WeakSignature,

    // --- TLS and STARTTLS -------------------------------------------------------------------------------------

    /// <summary>EHLO did not list STARTTLS on a loopback connection, by design.</summary>
    StartTlsWithheldOnLoopback,

    /// <summary>EHLO did not list STARTTLS.</summary>
    StartTlsNotOffered,

    /// <summary>STARTTLS was answered with something other than 220.</summary>
    StartTlsRefused,

    /// <summary>Bytes arrived in plain text after the STARTTLS exchange and before the handshake (CVE-2011-0411).</summary>
    StartTlsInjection,

    /// <summary>The TLS handshake failed.</summary>
    HandshakeFailed,

    /// <summary>The protocol is TLS 1.1 or older (RFC 8996).</summary>
    OldProtocol,

    /// <summary>The message went in plain text after TLS failed, as level <see cref="TlsLevel.Opportunistic"/> allows.</summary>
    SentInPlainText,

    // --- Reaching the server ----------------------------------------------------------------------------------

    /// <summary>The name does not exist or has no address.</summary>
    HostNotFound,

    /// <summary>The name could not be looked up now.</summary>
    ResolveFailed,

    /// <summary>The TCP connection was refused or the address is unreachable.</summary>
    ConnectFailed,

    /// <summary>A phase took longer than its time-out.</summary>
    TimedOut,

    /// <summary>The connection was closed in the middle of the dialogue.</summary>
    ConnectionLost,

    /// <summary>What answered does not speak SMTP.</summary>
    NotSmtp,

    /// <summary>The server broke the protocol: a malformed or endless reply.</summary>
    ProtocolError,

    // --- Talking to the server --------------------------------------------------------------------------------

    /// <summary>The server's greeting or EHLO reply was a refusal.</summary>
    ServiceRefused,

    /// <summary>The server offers no authentication mechanism that is known here, or none at all.</summary>
    AuthenticationUnavailable,

    /// <summary>The server refused the credential.</summary>
    AuthenticationFailed,

    /// <summary>The reverse-path was refused.</summary>
    SenderRefused,

    /// <summary>A recipient was refused.</summary>
    RecipientRefused,

    /// <summary>The message was refused, at DATA or after the final dot.</summary>
    MessageRefused,

    /// <summary>The message is larger than the server accepts (RFC 1870).</summary>
    MessageTooLarge,

    /// <summary>The server lacks an extension that the message needs (SMTPUTF8, 8BITMIME).</summary>
    ExtensionMissing,

    // --- Queue and relay --------------------------------------------------------------------------------------

    /// <summary>The queue could not be read or written: the disk is full, the file is gone or damaged.</summary>
    QueueUnavailable,

    /// <summary>Another relay that runs owns the queue.</summary>
    QueueInUse,

    /// <summary>The message that was named is not in the queue: it was delivered, given up or removed.</summary>
    QueueMessageNotFound,

    /// <summary>The domain says that it takes no mail (RFC 7505).</summary>
    NullMx,

    /// <summary>The next hop is this relay itself, or the message has come round too often.</summary>
    MailLoop,

    /// <summary>No route leads to the domain.</summary>
    NoRoute,

    /// <summary>The time for attempts is over.</summary>
    MessageExpired,

    /// <summary>The connection was lost after the final dot and before the reply: the message may have been taken, and is sent again.</summary>
    OutcomeUnknown,

    // --- Input ------------------------------------------------------------------------------------------------

    /// <summary>An address, name, option or file given by the caller cannot be used.</summary>
    InvalidInput,

    /// <summary>A certificate or key cannot be read, or they do not belong together.</summary>
    CertificateUnusable,

    /// <summary>The endpoint cannot be listened on.</summary>
    ListenFailed,

    /// <summary>The operation was stopped by the caller.</summary>
    Cancelled,
}
