package dev.woodpecker.runtime.toolchain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sources that are compiled together, all with the same options. */
record TranslationUnit(CodeOptions options, Map<ContentKey, Source> sources) {
    /** {@code __attribute__((vector_size(64)))}: parentheses inside may be nested once. */
    private static final Pattern ATTRIBUTE = Pattern.compile("__attribute__\\s*\\(\\((?:[^()]|\\([^()]*\\))*\\)\\)");

    /** The name before the first parameter list, array extent or initial value. */
    private static final Pattern DECLARED = Pattern.compile("^[^(\\[=]*?([A-Za-z_]\\w*)\\s*[(\\[=]");

    /**
     * Shares {@code sources} out into at most {@code units} units for each kind of options, the lengths of their texts
     * about equal.
     */
    static List<TranslationUnit> share(Map<ContentKey, Source> sources, int units) {
        Map<CodeOptions, List<Map.Entry<ContentKey, Source>>> byOptions = new LinkedHashMap<>();
        sources.entrySet()
                .forEach(entry -> byOptions
                        .computeIfAbsent(entry.getValue().options(), _ -> new ArrayList<>())
                        .add(entry));
        List<TranslationUnit> result = new ArrayList<>();
        byOptions.forEach((options, entries) -> result.addAll(share(options, entries, units)));
        return result;
    }

    private static List<TranslationUnit> share(
            CodeOptions options, List<Map.Entry<ContentKey, Source>> entries, int units) {
        int count = Math.min(units, entries.size());
        List<TranslationUnit> shares = new ArrayList<>();
        long[] filled = new long[count];
        for (int i = 0; i < count; i++) {
            shares.add(new TranslationUnit(options, new LinkedHashMap<>()));
        }
        List<Map.Entry<ContentKey, Source>> longestFirst = new ArrayList<>(entries);
        longestFirst.sort(Comparator.comparingInt(entry -> -length(entry.getValue())));
        for (Map.Entry<ContentKey, Source> entry : longestFirst) {
            int least = 0;
            for (int i = 1; i < count; i++) {
                least = filled[i] < filled[least] ? i : least;
            }
            filled[least] += length(entry.getValue());
            shares.get(least).sources.put(entry.getKey(), entry.getValue());
        }
        return shares;
    }

    private static int length(Source source) {
        return source.text().length();
    }

    /** One unit for each source. */
    List<TranslationUnit> alone() {
        return sources.entrySet().stream()
                .map(entry -> new TranslationUnit(options, Map.of(entry.getKey(), entry.getValue())))
                .toList();
    }

    /** The C text: each source between the definitions that give its functions and tables names of their own. */
    String text() {
        StringBuilder text = new StringBuilder();
        sources.forEach((key, source) -> {
            Set<String> own = new LinkedHashSet<>(source.symbols());
            own.addAll(staticNames(source.text()));
            own.forEach(name -> text.append("#define ")
                    .append(name)
                    .append(' ')
                    .append(SharedLibrary.exported(name, key))
                    .append('\n'));
            text.append(source.text());
            if (!source.text().endsWith("\n")) {
                text.append('\n');
            }
            own.forEach(name -> text.append("#undef ").append(name).append('\n'));
        });
        return text.toString();
    }

    /** The functions and tables that lines beginning with {@code static} define. */
    static Set<String> staticNames(String text) {
        Set<String> names = new LinkedHashSet<>();
        text.lines().filter(line -> line.startsWith("static ")).forEach(line -> {
            Matcher name = DECLARED.matcher(ATTRIBUTE.matcher(line).replaceAll(""));
            if (name.find()) {
                names.add(name.group(1));
            }
        });
        return names;
    }
}
