using SmtpTls.Net;

namespace SmtpTls;

/// <summary>Writes a message to a file of its own: there whole or not at all, and under its name after a power failure too.</summary>
internal static class QueueExport
{
    /// <summary>Writes <c>ID.eml</c>.</summary>
    /// <param name="id">The message.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="cancellationToken">Ends the writing, and then nothing is left.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="SmtpException">The folder cannot be written to, or the file is there already.</exception>
    public static async Task<string> WriteAsync(QueueId id, Stream content, string folder, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(folder);
        var path = Path.Combine(full, $"{id}.eml");
        var written = Path.Combine(full, $".{id}.{Guid.NewGuid():N}.tmp");
        try
        {
            await WriteAsync(content, written, cancellationToken).ConfigureAwait(false);
            File.Move(written, path, overwrite: false);
            FolderNames.Flush(full);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new SmtpException(
                new SmtpFailure
                {
                    Code = FindingCode.InvalidInput,
                    Message = $"The message {id} cannot be written to '{path}': {e.Message}",
                    Advice = "Name a folder that exists, can be written to, and has no file of that name.",
                    Permanent = true,
                    Cause = e.Message,
                },
                e);
        }
        finally
        {
            // Gone already where all went well, and never there where the folder is not.
            if (File.Exists(written))
            {
                File.Delete(written);
            }
        }
    }

    private static async Task WriteAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, MessageSpool.FurtherBlock, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            await content.CopyToAsync(file, MessageSpool.FurtherBlock, cancellationToken).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }
    }
}
