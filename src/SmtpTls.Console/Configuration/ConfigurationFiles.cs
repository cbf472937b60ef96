using System.Text;

namespace SmtpTls.Cli.Configuration;

/// <summary>What a configuration file points to: paths beside it, and secrets that do not stand in it.</summary>
/// <param name="folder">The folder that the configuration file is in.</param>
internal sealed class ConfigurationFiles(string folder)
{
    // Nobody's password is longer; a file that is, is another file.
    private const int LongestSecret = 4096;

    /// <summary>A path as it is meant: relative to the configuration file, not to where the program was started.</summary>
    public string Resolve(string path, string place, ConfigurationErrors errors) => path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)
        ? throw errors.At(place, "the path is empty or holds a NUL character.", "Give a path; one that is not absolute begins at this file's folder.")
        : Path.GetFullPath(path, folder);

    /// <summary>The password that an object names by its keys <c>passwordEnvironment</c> or <c>passwordFile</c>; null where it names none.</summary>
    public string? Password(ConfigurationObject from)
    {
        var (variable, file) = (from.Text("passwordEnvironment"), from.Text("passwordFile"));
        if (variable is not null && file is not null)
        {
            throw from.Errors.At(from.Path, "passwordEnvironment and passwordFile are both there.", "Keep one of the two.");
        }

        if (variable is not null)
        {
            var place = from.PathOf("passwordEnvironment");
            var value = variable.Length == 0 || variable.AsSpan().ContainsAny('=', '\0') ? null : Environment.GetEnvironmentVariable(variable);
            return string.IsNullOrEmpty(value)
                ? throw from.Errors.At(place, $"the environment variable '{ConfigurationErrors.Show(variable)}' is not set or empty.", "Give the name of a variable that holds the password, and see that the service has it.")
                : value;
        }

        return file is null ? null : ReadSecret(Resolve(file, from.PathOf("passwordFile"), from.Errors), from.PathOf("passwordFile"), from.Errors);
    }

    /// <summary>A text file whole, at most so long.</summary>
    public static string ReadText(string path, int longest, string place, ConfigurationErrors errors)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var bytes = new byte[longest + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length > longest
                ? throw errors.At(place, $"the file '{path}' is longer than {longest} bytes.", "Check that it is the right file.")
                : new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes.AsSpan(0, length)).TrimStart('\uFEFF');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw errors.At(place, $"the file '{path}' cannot be read: {e.Message}", "Check the path, and that this account may read the file.", e);
        }
        catch (DecoderFallbackException e)
        {
            throw errors.At(place, $"the file '{path}' is not UTF-8.", "Write it in UTF-8.", e);
        }
    }

    // Editors end a file with a line end that is no part of the password.
    private static string ReadSecret(string path, string place, ConfigurationErrors errors)
    {
        var secret = ReadText(path, LongestSecret, place, errors).TrimEnd('\r', '\n');
        return secret.Length == 0 || secret.Contains('\n', StringComparison.Ordinal)
            ? throw errors.At(place, $"the file '{path}' holds no password, or more than one line.", "Give a file with the password in its only line.")
            : secret;
    }
}
