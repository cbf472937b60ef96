namespace SmtpTls.Tls;

/// <summary>Writes files that appear whole or not at all, and are private from their first byte where they hold a key.</summary>
internal static class PrivateFile
{
    /// <param name="path">Replaced where it exists.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="isSecret">Mode 0600 on Unix.</param>
    internal static void Write(string path, byte[] content, bool isSecret)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw CertificateTrouble.Input("A file to write to was not named.", "Give a path.");
        }

        var temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (isSecret && !OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }

            throw new SmtpException(
                new SmtpFailure
                {
                    Code = FindingCode.InvalidInput,
                    Message = $"The file {path} cannot be written: {exception.Message}",
                    Advice = "Give a path in an existing folder that you may write to.",
                    Permanent = true,
                    Cause = exception.Message,
                },
                exception);
        }
    }
}
