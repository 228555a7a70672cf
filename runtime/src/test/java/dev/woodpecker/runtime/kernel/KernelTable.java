package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The kernels of the library and the cases that they are tested with: a file {@code cases/CLASS.txt} for each of its
 * classes. A line at the margin names a kernel, and how far its results may be from the reference's where they need not
 * be the same to the bit; the indented lines after it are its cases.
 */
final class KernelTable {
    private static final Pattern HEAD =
            Pattern.compile("(?<kernel>\\S+?)(?: within (?<ulps>[0-9.]+) ulps?(?: of (?<scale>[0-9.e+-]+))?)?");

    /** To look into a failure: the cases whose text matches {@code -Dwoodpecker.differential.only}. */
    private static final Pattern ONLY = Pattern.compile(System.getProperty("woodpecker.differential.only", ".*"));

    private static final Map<String, List<KernelCase>> CASES = read();

    private KernelTable() {}

    /** Every kernel by its short name, for example {@code Convolution.conv2d}. */
    static Map<String, CompiledKernel> library() {
        Map<String, CompiledKernel> kernels = new TreeMap<>();
        for (KernelProvider provider : ServiceLoader.load(KernelProvider.class)) {
            for (CompiledKernel kernel : provider.kernels()) {
                if (kernel.spec().name().startsWith("dev.woodpecker.kernels.")) {
                    kernels.put(kernel.spec().shortName(), kernel);
                }
            }
        }
        return kernels;
    }

    /** All cases of the library, by kernel, in the order of the files. */
    static Map<String, List<KernelCase>> cases() {
        return CASES;
    }

    private static Map<String, List<KernelCase>> read() {
        Map<String, List<KernelCase>> cases = new LinkedHashMap<>();
        Map<String, CompiledKernel> library = library();
        library.keySet().stream()
                .map(name -> name.substring(0, name.indexOf('.')))
                .distinct()
                .forEach(type -> read(type, library, cases));
        return Collections.unmodifiableMap(cases);
    }

    private static void read(String type, Map<String, CompiledKernel> library, Map<String, List<KernelCase>> cases) {
        String kernel = "";
        Accuracy accuracy = Accuracy.EXACT;
        for (String line : text(type).lines().toList()) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (Character.isWhitespace(line.charAt(0))) {
                CompiledKernel known = library.get(kernel);
                if (known == null) {
                    throw new IllegalArgumentException("cases/" + type + ".txt: the library has no kernel " + kernel);
                }
                KernelCase parsed = KernelCase.parse(known, line, accuracy);
                if (ONLY.matcher(parsed.toString()).matches()) {
                    cases.computeIfAbsent(kernel, _ -> new ArrayList<>()).add(parsed);
                }
                continue;
            }
            Matcher head = HEAD.matcher(line);
            if (!head.matches()) {
                throw new IllegalArgumentException("cases/" + type + ".txt: '" + line + "' is no kernel's name");
            }
            kernel = type + "." + head.group("kernel");
            accuracy = head.group("ulps") == null ? Accuracy.EXACT : accuracy(head);
        }
    }

    private static Accuracy accuracy(Matcher head) {
        double scale = head.group("scale") == null ? 0 : Double.parseDouble(head.group("scale"));
        return new Accuracy(Double.parseDouble(head.group("ulps")), scale);
    }

    private static String text(String type) {
        try (InputStream in = KernelTable.class.getResourceAsStream("cases/" + type + ".txt")) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
