using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>What the parameters that take one thing in several forms have in common.</summary>
internal static class Values
{
    /// <summary>The object itself, without what PowerShell wraps it in.</summary>
    internal static object? Unwrap(object? given) => given is PSObject wrapped ? wrapped.BaseObject : given;

    /// <summary>What was given, for a sentence that says that it will not do.</summary>
    internal static string Describe(object? given) => given switch
    {
        null or "" => "Nothing",
        string text => $"'{text}'",
        _ => $"A value of type {given.GetType()}",
    };

    /// <summary>
    /// Refuses an argument. The cause is a failed conversion, because that is what has PowerShell try to bind an object of the
    /// pipeline by its properties after it could not be bound as a whole.
    /// </summary>
    internal static ArgumentTransformationMetadataException Refused(string message) => new(message, new PSInvalidCastException(message));
}
