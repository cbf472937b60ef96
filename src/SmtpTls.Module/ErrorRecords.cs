using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>The engine's failures as PowerShell knows errors: id, category, target, message and what to do.</summary>
internal static class ErrorRecords
{
    /// <summary>
    /// The record of a failure that the engine threw. PowerShell shows the recommended action under the message;
    /// the exception's own message holds both.
    /// </summary>
    internal static ErrorRecord From(SmtpException exception, object? target = null, ErrorCategory? category = null)
    {
        var failure = exception.Failure;
        return new ErrorRecord(exception, failure.Code.ToString(), category ?? CategoryOf(failure.Code), target ?? failure.Host)
        {
            ErrorDetails = new ErrorDetails(failure.Message) { RecommendedAction = failure.Advice },
        };
    }

    /// <summary>The record of a failure that is part of a result, which becomes the target.</summary>
    internal static ErrorRecord From(SmtpFailure failure, object? target = null) => From(new SmtpException(failure), target);

    /// <summary>The record for something that the caller gave and that cannot be used.</summary>
    internal static ErrorRecord InvalidInput(string message, string advice, object? target = null, ErrorCategory? category = null) => From(
        new SmtpException(new SmtpFailure { Code = FindingCode.InvalidInput, Message = message, Advice = advice, Permanent = true }),
        target,
        category);

    /// <summary>The category under which PowerShell shows a code.</summary>
    internal static ErrorCategory CategoryOf(FindingCode code) => code switch
    {
        FindingCode.IdentityIsAddress or FindingCode.NameMismatch or FindingCode.AddressIdentityUsed
            or FindingCode.NoSubjectAlternativeName or FindingCode.CertificateExpired or FindingCode.CertificateExpiresSoon
            or FindingCode.CertificateNotYetValid or FindingCode.ChainIncomplete or FindingCode.SelfSigned
            or FindingCode.UntrustedRoot or FindingCode.ChainInvalid or FindingCode.FingerprintMismatch
            or FindingCode.NoCertificate or FindingCode.CertificateCheckSkipped or FindingCode.WeakKey
            or FindingCode.WeakSignature or FindingCode.StartTlsInjection or FindingCode.HandshakeFailed
            or FindingCode.OldProtocol or FindingCode.SentInPlainText => ErrorCategory.SecurityError,
        FindingCode.StartTlsWithheldOnLoopback or FindingCode.StartTlsNotOffered or FindingCode.StartTlsRefused
            or FindingCode.ExtensionMissing or FindingCode.ListenFailed or FindingCode.QueueUnavailable => ErrorCategory.ResourceUnavailable,
        FindingCode.HostNotFound or FindingCode.NullMx or FindingCode.NoRoute or FindingCode.QueueMessageNotFound => ErrorCategory.ObjectNotFound,
        FindingCode.QueueInUse => ErrorCategory.ResourceBusy,
        FindingCode.ResolveFailed or FindingCode.ConnectFailed or FindingCode.ConnectionLost or FindingCode.OutcomeUnknown => ErrorCategory.ConnectionError,
        FindingCode.TimedOut or FindingCode.MessageExpired => ErrorCategory.OperationTimeout,
        FindingCode.NotSmtp or FindingCode.ProtocolError or FindingCode.MailLoop => ErrorCategory.ProtocolError,
        FindingCode.AuthenticationUnavailable or FindingCode.AuthenticationFailed => ErrorCategory.AuthenticationError,
        FindingCode.ServiceRefused or FindingCode.SenderRefused or FindingCode.RecipientRefused
            or FindingCode.MessageRefused => ErrorCategory.PermissionDenied,
        FindingCode.MessageTooLarge => ErrorCategory.LimitsExceeded,
        FindingCode.InvalidInput => ErrorCategory.InvalidArgument,
        FindingCode.CertificateUnusable => ErrorCategory.InvalidData,
        FindingCode.Cancelled => ErrorCategory.OperationStopped,
        _ => ErrorCategory.NotSpecified,
    };
}
