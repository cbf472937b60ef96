using System.Globalization;

namespace SmtpTls.Cli.Output;

/// <summary>What happens at a listener, on standard error: troubles always, everything with --verbose.</summary>
internal static class ListenerLog
{
    public static Action<ListenerEvent> For(Terminal terminal, bool verbose) => happened =>
    {
        if (verbose || IsTrouble(happened.Kind))
        {
            var client = happened.RemoteEndPoint.Length == 0 ? "" : $" {happened.RemoteEndPoint}";
            terminal.Log(PlainText.Line(string.Create(
                CultureInfo.InvariantCulture, $"{happened.Time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} {happened.Kind}{client}: {happened.Message}")));
        }
    };

    private static bool IsTrouble(ListenerEventKind kind) => kind is not
        (ListenerEventKind.Connected or ListenerEventKind.Disconnected or ListenerEventKind.TlsEstablished or ListenerEventKind.MessageAccepted);
}
