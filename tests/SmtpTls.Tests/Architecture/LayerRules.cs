namespace SmtpTls.Tests.Architecture;

/// <summary>A type of the engine, the folder below src/SmtpTls that it is written in, and the engine types that it uses.</summary>
internal sealed record TypeUse(string Name, string Folder, IReadOnlyList<string> Uses);

/// <summary>
/// Who may use whom in the engine. A type belongs to the layer that its namespace names (<c>SmtpTls.Net.X</c> → Net). A type of the
/// root namespace is public surface, and where it stands is told by the folder its file is in:
/// <list type="bullet">
/// <item>in a layer's folder it belongs to that layer (a listener's certificate, written in Tls/, is of layer Tls);</item>
/// <item>elsewhere it is <b>vocabulary</b> as long as it uses no layer, neither itself nor through other such root types: all may use it;</item>
/// <item>else it is a <b>facade</b>: it may use every layer, and no layer may use it. In Records/ there must be none.</item>
/// </list>
/// The folder, not what a root type happens to use, decides: so moving a file is what changes a type's layer, and a
/// facade that uses only one layer today cannot slip below others tomorrow.
/// </summary>
internal static class LayerRules
{
    private const string Vocabulary = "vocabulary";
    private const string Facade = "facade";

    /// <summary>The table: a layer, and the layers it may use beside itself.</summary>
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Protocol"] = [],
        ["Dns"] = [],
        ["Tls"] = ["Dns"],
        ["Net"] = ["Protocol", "Tls", "Dns"],
        ["Mail"] = ["Protocol"],
        ["Queue"] = ["Protocol"],
        ["Relay"] = ["Protocol", "Dns", "Tls", "Net", "Mail", "Queue"],
        ["Probe"] = ["Protocol", "Dns", "Tls", "Net", "Mail"],
    };

    /// <summary>Every arrow that runs the wrong way, in words; empty where the house stands.</summary>
    public static IReadOnlyList<string> Violations(IReadOnlyList<TypeUse> types)
    {
        var layers = Assign(types);
        var violations = new List<string>();
        foreach (var type in types)
        {
            var layer = layers[type.Name];
            if (layer is not (Vocabulary or Facade) && !MayUse.ContainsKey(layer))
            {
                violations.Add($"{type.Name} is in {layer}, which is no layer known to LayerRules.");
            }
            else if (layer == Facade && type.Folder == "Records")
            {
                violations.Add($"{type.Name} is in Records and uses a layer: {string.Join(", ", type.Uses.Where(used => layers[used] != Vocabulary))}.");
            }
            else if (layer != type.Folder && MayUse.ContainsKey(layer))
            {
                violations.Add($"{type.Name} is of layer {layer} by its namespace, but its file is in the folder '{type.Folder}'.");
            }

            violations.AddRange(type.Uses
                .Where(used => !Allowed(layer, layers[used]))
                .Select(used => $"{type.Name} ({layer}) may not use {used} ({layers[used]})."));
        }

        return violations;
    }

    private static bool Allowed(string layer, string used) =>
        used == layer || used == Vocabulary || layer == Facade || (MayUse.TryGetValue(layer, out var allowed) && allowed.Contains(used, StringComparer.Ordinal));

    private static Dictionary<string, string> Assign(IReadOnlyList<TypeUse> types)
    {
        var layers = types.ToDictionary(type => type.Name, LayerByPlace, StringComparer.Ordinal);

        // What uses a layer, directly or through another root type, is no vocabulary: repeat until nothing changes.
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var type in types.Where(type => layers[type.Name] == Vocabulary && type.Uses.Any(used => layers[used] != Vocabulary)))
            {
                layers[type.Name] = Facade;
                changed = true;
            }
        }

        return layers;
    }

    private static string LayerByPlace(TypeUse type)
    {
        var parts = type.Name.Split('.');
        if (parts.Length > 2)
        {
            return parts[1];
        }

        return MayUse.ContainsKey(type.Folder) ? type.Folder : Vocabulary;
    }
}
