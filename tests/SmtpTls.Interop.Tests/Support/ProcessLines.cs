namespace SmtpTls.Interop.Tests.Support;

/// <summary>Lines that come from other threads, and a wait for one of them.</summary>
internal sealed class ProcessLines
{
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Adds a line; null, the end of a stream, is none.</summary>
    public void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        TaskCompletionSource more;
        lock (_lines)
        {
            _lines.Add(line);
            more = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        more.SetResult();
    }

    /// <summary>The first line that is looked for, also of those that came before.</summary>
    public async Task<string> FindAsync(Func<string, bool> wanted, CancellationToken cancellationToken)
    {
        for (var next = 0; ;)
        {
            Task more;
            lock (_lines)
            {
                for (; next < _lines.Count; next++)
                {
                    if (wanted(_lines[next]))
                    {
                        return _lines[next];
                    }
                }

                more = _more.Task;
            }

            await more.WaitAsync(cancellationToken);
        }
    }

    public override string ToString()
    {
        lock (_lines)
        {
            return string.Join('\n', _lines);
        }
    }
}
