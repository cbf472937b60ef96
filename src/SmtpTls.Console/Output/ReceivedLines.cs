using System.Globalization;

namespace SmtpTls.Cli.Output;

/// <summary>
/// A line for each message, and the count that ends a listener. As a sink it accepts a message once its line is out, and
/// keeps nothing: whoever wants more names a folder.
/// </summary>
internal sealed class ReceivedLines(Terminal terminal, bool json, bool quiet, int? count) : IMessageSink, IDisposable
{
    private readonly CancellationTokenSource _enough = new();
    private int _seen;

    /// <summary>Why lines could not be written; null where they could.</summary>
    public IOException? Trouble { get; private set; }

    public ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        using (message)
        {
            Tell(message, path: null);
            return ValueTask.FromResult(Trouble is null
                ? new SmtpReply(250, new EnhancedStatusCode(2, 0, 0), ["Ok: read and not kept"])
                : new SmtpReply(451, new EnhancedStatusCode(4, 3, 0), ["This server cannot write its output; try again later"]));
        }
    }

    /// <summary>Tells of a message that is kept at <paramref name="path"/>, or nowhere.</summary>
    public void Tell(ReceivedMessage message, string? path)
    {
        try
        {
            if (!quiet)
            {
                terminal.Write(json ? JsonLines.Format(message, path) : Line(message, path));
            }
        }
        catch (IOException e)
        {
            // A full disk under a redirected output. The message in the folder is safe; without one it was refused.
            Trouble = e;
            terminal.Warn($"{e.Message} The listener stops.");
            End();
            return;
        }

        if (Interlocked.Increment(ref _seen) == count)
        {
            End();
        }
    }

    /// <summary>Waits for the count to be reached, for trouble, or for a signal.</summary>
    public async Task EnoughOrAsync(CancellationToken signal)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_enough.Token, signal);
        await Task.Delay(Timeout.InfiniteTimeSpan, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _enough.Dispose();

    // Not on this thread: it is a session's, which has its reply still to send.
    private void End() => _ = _enough.CancelAsync();

    private static string Line(ReceivedMessage message, string? path)
    {
        var how = message.Tls is { } tls ? $"{tls.Protocol} {tls.CipherSuite}" : "plain text";
        var where = path is null ? "not kept" : path;
        return PlainText.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{message.ReceivedAt:yyyy-MM-dd'T'HH:mm:ss'Z'} <{message.From}> to {string.Join(", ", message.To)}: {message.Subject} ({message.Size} bytes, {how}, from {message.RemoteEndPoint}; {where})"));
    }
}
