using System.Globalization;

namespace SmtpTls;

/// <summary>How long a phase took.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Milliseconds">Elapsed time in milliseconds.</param>
public sealed record PhaseTiming(SmtpPhase Phase, double Milliseconds)
{
    /// <summary>Phase and time in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Phase} {Milliseconds:0.###} ms");
}
