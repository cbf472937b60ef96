using System.Text;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>A log that another process writes, and a wait for a line in it: woken by the file system, not by a clock.</summary>
internal sealed class LogFile : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _path;
    private readonly FileSystemWatcher _watcher;
    private readonly SemaphoreSlim _changed = new(0);

    public LogFile(string path)
    {
        _path = path;
        _watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path));
        _watcher.Changed += (_, _) => _changed.Release();
        _watcher.Created += (_, _) => _changed.Release();
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>All that is in it now.</summary>
    public string Read()
    {
        try
        {
            using var stream = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }

    /// <summary>The first whole line with all of these words.</summary>
    /// <exception cref="TimeoutException">It did not come; the message has the log.</exception>
    public async Task<string> WaitForAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        while (true)
        {
            var text = Read();
            var whole = text[..(text.LastIndexOf('\n') + 1)];
            if (Array.Find(whole.Split('\n'), line => words.All(w => line.Contains(w, StringComparison.Ordinal))) is { } found)
            {
                return found;
            }

            try
            {
                await _changed.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"No line with '{string.Join("' and '", words)}' in {_path}:\n{Read()}", late);
            }
        }
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _changed.Dispose();
    }
}
