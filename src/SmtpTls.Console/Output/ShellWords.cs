namespace SmtpTls.Cli.Output;

/// <summary>
/// The engine's advice names what a cmdlet's parameters are called. Whoever sits at this prompt reads what can be typed
/// here. JSON keeps the engine's words, so that it stays the same from both fronts.
/// </summary>
internal static class ShellWords
{
    // In this order: what is part of something longer comes after it.
    private static readonly (string Cmdlet, string Shell)[] Words =
    [
        ("Get-SmtpTlsCertificate", "smtptls certificate"),
        ("a listener of this module", "a listener of smtptls"),
        ("-TrustedCertificate", "--ca FILE"),
        ("-ServerName", "--server-name"),
        ("-StartTls Always", "--start-tls always"),
        ("use StartTls Always", "use --start-tls always"),
        ("-Address", "--address"),
        ("-HelloName", "--hello-name"),
        ("-TlsIdentity at Name", "--tls-identity at name"),
        ("TlsMode StartTls", "--tls-mode starttls"),
        ("TlsMode Implicit", "--tls-mode implicit"),
        ("TlsMode None", "--tls-mode none"),
        ("TlsMode", "--tls-mode"),
        ("TlsLevel", "--tls-level"),
        ("at level Fingerprint", "with --fingerprint and --tls-level fingerprint"),
        ("goes into Port", "goes into --port"),
        ("goes into Server; Address is", "goes into --server; --address is"),
        ("reverse-path as From", "sender with --from"),
    ];

    public static string Of(string text)
    {
        foreach (var (cmdlet, shell) in Words)
        {
            text = text.Replace(cmdlet, shell, StringComparison.Ordinal);
        }

        return text;
    }
}
