namespace SmtpTls;

/// <summary>
/// Writes each received message to a folder as <c>.eml</c>. A file is there whole or not at all: it is written under
/// another name, flushed to disk and renamed, the folder is flushed too, and only then the client hears 250.
/// </summary>
public sealed class FolderSink : IMessageSink
{
    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly Action<ReceivedMessage, string>? _captured;

    /// <summary>Writes to a folder, which is made where it does not exist.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="captured">Told of each message and its file's path, after it was renamed; called one at a time a session.</param>
    /// <param name="clock">For file names; the system's by default.</param>
    /// <exception cref="SmtpException">The folder cannot be made or written to.</exception>
    public FolderSink(string folder, Action<ReceivedMessage, string>? captured = null, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _clock = clock ?? TimeProvider.System;
        _captured = captured;
        _folder = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(_folder);
            var probe = Path.Combine(_folder, $".{Guid.NewGuid():N}.tmp");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            FolderNames.Flush(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new SmtpException(
                new SmtpFailure
                {
                    Code = FindingCode.InvalidInput,
                    Message = $"Messages cannot be captured to the folder '{_folder}': {e.Message}",
                    Advice = "Name a folder that can be written to.",
                    Permanent = true,
                    Cause = e.Message,
                },
                e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        using (message)
        {
            // Sorted by name is sorted by time; the random part keeps names apart between processes.
            message.Id = $"{_clock.GetUtcNow():yyyyMMdd'T'HHmmss'.'fff}-{Guid.NewGuid().ToString("N")[..12]}";
            var path = Path.Combine(_folder, message.Id + ".eml");
            var written = Path.Combine(_folder, $".{message.Id}.tmp");
            try
            {
                await message.SaveAsync(written, cancellationToken).ConfigureAwait(false);
                File.Move(written, path);
                written = path;
                FolderNames.Flush(_folder);
            }
            catch
            {
                // The client will hear that it was not taken, and send it again.
                File.Delete(written);
                throw;
            }

            _captured?.Invoke(message, path);
            return new SmtpReply(250, new EnhancedStatusCode(2, 0, 0), [$"Ok: queued as {message.Id}"]);
        }
    }
}
