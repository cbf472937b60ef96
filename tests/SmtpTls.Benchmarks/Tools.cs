namespace SmtpTls.Benchmarks;

/// <summary>Finds the programs that we measure beside.</summary>
internal static class Tools
{
    /// <summary>Full path of a program, or null. Debian keeps Postfix's in /usr/sbin, which is not on everybody's PATH.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(["/usr/sbin", "/sbin"])
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
