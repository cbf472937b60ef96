using SmtpTls.Cli.Options;

namespace SmtpTls.Cli.Input;

/// <summary>
/// Passwords come from environment variables: a command line can be read by every account of the machine, and stays in
/// the shell's history.
/// </summary>
internal static class EnvironmentSecret
{
    /// <summary>The variable's value.</summary>
    /// <param name="variable">Its name.</param>
    /// <param name="option">The option that named it.</param>
    /// <exception cref="SmtpException">It is not set, or empty.</exception>
    public static string Read(string variable, string option)
    {
        // A name with '=' or NUL can be no variable's, and asking for it would throw.
        var value = variable.Length == 0 || variable.AsSpan().ContainsAny('=', '\0') ? null : Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(value)
            ? throw UsageErrors.Refuse(
                $"{option}: the environment variable '{variable}' is not set or empty.",
                "Give the name of a variable that holds the password, not the password; and see that it is exported.")
            : value;
    }
}
