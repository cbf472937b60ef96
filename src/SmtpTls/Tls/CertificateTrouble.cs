namespace SmtpTls.Tls;

/// <summary>Failures of certificates that the caller gave: always the thing, the place and the remedy, never a password.</summary>
internal static class CertificateTrouble
{
    internal static SmtpException Unusable(string message, string advice, Exception? inner = null) => new(
        new SmtpFailure
        {
            Code = FindingCode.CertificateUnusable,
            Message = message,
            Advice = advice,
            Permanent = true,
            Cause = inner?.Message,
        },
        inner);

    internal static SmtpException Input(string message, string advice) => new(
        new SmtpFailure { Code = FindingCode.InvalidInput, Message = message, Advice = advice, Permanent = true });
}
