using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace SmtpTls.Cli.Output;

/// <summary>
/// What happens at a relay, a line each on standard error: time, severity, kind, id, sentence. Lines wait in a bounded queue and are
/// written by a task of their own, many at a time, because no delivery shall wait for whoever reads the log; what does not fit is
/// counted and said.
/// </summary>
internal sealed class RelayLog : IAsyncDisposable
{
    // Some 2 MB of lines: seconds of a busy relay.
    private const int MostWaiting = 10_000;

    // Written together. Measured: with a write for each line a busy relay took in a third less mail.
    private const int MostCharactersAtOnce = 64 * 1024;
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Terminal _terminal;
    private readonly FindingSeverity _least;
    private readonly bool _verbose;
    private readonly Task _writing;
    private int _dropped;

    /// <summary>Begins to write.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="verbose">With what happens at listeners.</param>
    /// <param name="quiet">Only warnings and errors.</param>
    public RelayLog(Terminal terminal, bool verbose, bool quiet)
    {
        (_terminal, _verbose, _least) = (terminal, verbose, quiet ? FindingSeverity.Warning : FindingSeverity.Information);
        _writing = Task.Run(WriteAsync);
    }

    public void Write(RelayEvent happened)
    {
        if (happened.Severity < _least || (happened is { Kind: RelayEventKind.Listener, Severity: FindingSeverity.Information } && !_verbose))
        {
            return;
        }

        var id = happened.Id is { } known ? $" {known}" : "";
        Write(string.Create(
            CultureInfo.InvariantCulture, $"{happened.Time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {happened.Severity} {happened.Kind}{id}: {happened.Message}"));
    }

    /// <summary>Writes a line as it is.</summary>
    public void Write(string line)
    {
        if (!_lines.Writer.TryWrite(PlainText.Line(line)))
        {
            _ = Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _ = _lines.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        try
        {
            var gathered = new StringBuilder();
            while (await _lines.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                await Task.WhenAny(_lines.Reader.Completion, Task.Delay(Gathering)).ConfigureAwait(false);
                Gather(gathered);
                _terminal.Log(gathered.ToString());
                if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
                {
                    _terminal.Log(FormattableString.Invariant($"{dropped} lines of this log are missing: it is read more slowly than it is written."));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody reads standard error any longer; mail goes on without a log.
            _ = _lines.Writer.TryComplete();
        }
    }

    private void Gather(StringBuilder lines)
    {
        lines.Clear();
        while (lines.Length < MostCharactersAtOnce && _lines.Reader.TryRead(out var line))
        {
            (lines.Length == 0 ? lines : lines.Append('\n')).Append(line);
        }
    }
}
