package dev.woodpecker.benchmarks.gpu;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** What a kit runs on: a Java of the modules that it needs, and the jars. */
final class RuntimeFolder {
    /** The compressed image of a Java, which the kit's script unpacks. */
    static final String JAVA = "java.tar.gz";

    private static final String MODULES =
            "java.base,java.logging,java.management,jdk.management,jdk.jfr,jdk.unsupported";

    /** By the beginning of the file's name; all others stay here. */
    private static final Set<String> JARS = Set.of(
            "dsl-annotations",
            "compiler",
            "kernels",
            "runtime",
            "tuner",
            "cli",
            "benchmarks",
            "gson",
            "protobuf-java",
            "picocli",
            "jcuda-1");

    /** Of the natives only the driver's: the PTX compiler is for those who compile. */
    private static final String NATIVES = "jcuda-natives";

    private static final String DRIVER_NATIVE = "lib/libJCudaDriver";

    private RuntimeFolder() {}

    /** Makes the Java with the jlink of the one that runs this. */
    static void writeJava(Path kit) throws IOException, InterruptedException {
        Path work = Files.createTempDirectory("woodpecker-kit");
        Path image = work.resolve("java");
        try {
            run(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
                    "--add-modules",
                    MODULES,
                    "--strip-debug",
                    "--no-header-files",
                    "--no-man-pages",
                    // What is compressed once more as a whole is best left as it is.
                    "--compress",
                    "zip-0",
                    "--output",
                    image.toString()));
            run(List.of("tar", "-C", work.toString(), "-czf", kit.resolve(JAVA).toString(), "java"));
        } finally {
            deleteAll(work);
        }
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed:\n" + output);
        }
    }

    /** Copies the jars of a class path; folders of classes become jars. */
    static void writeJars(Path kit, String classPath) throws IOException {
        Path folder = Files.createDirectories(kit.resolve("lib"));
        for (String entry : classPath.split(java.io.File.pathSeparator)) {
            Path path = Path.of(entry);
            String name = String.valueOf(path.getFileName());
            if (Files.isDirectory(path)) {
                jar(path, folder.resolve(moduleOf(path) + ".jar"));
            } else if (name.startsWith(NATIVES)) {
                slim(path, folder.resolve("jcuda-driver-native.jar"));
            } else if (JARS.stream().anyMatch(wanted -> isOf(name, wanted)) && Files.isRegularFile(path)) {
                Files.copy(path, folder.resolve(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static boolean isOf(String jar, String artifact) {
        return jar.equals(artifact + ".jar")
                || (jar.startsWith(artifact)
                        && (artifact.endsWith("-1") || jar.startsWith("-", artifact.length()))
                        && !jar.contains("-tests"));
    }

    /** {@code compiler} of {@code compiler/target/quick/classes}. */
    private static String moduleOf(Path classes) {
        for (Path at = classes.toAbsolutePath(); at != null; at = at.getParent()) {
            Path name = at.getFileName();
            if (name != null && Files.exists(at.resolve("pom.xml"))) {
                return name + "-" + classes.getFileName();
            }
        }
        return "classes-" + Integer.toHexString(classes.hashCode());
    }

    private static void jar(Path classes, Path jar) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(classes)) {
            all.filter(Files::isRegularFile).sorted().forEach(files::add);
        }
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(jar));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setLevel(Deflater.BEST_COMPRESSION);
            for (Path file : files) {
                zip.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
                Files.copy(file, zip);
                zip.closeEntry();
            }
        }
    }

    private static void slim(Path natives, Path jar) throws IOException {
        try (ZipFile from = new ZipFile(natives.toFile());
                OutputStream out = new BufferedOutputStream(Files.newOutputStream(jar));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setLevel(Deflater.BEST_COMPRESSION);
            for (ZipEntry entry : java.util.Collections.list(from.entries())) {
                if (entry.getName().startsWith(DRIVER_NATIVE)) {
                    zip.putNextEntry(new ZipEntry(entry.getName()));
                    try (InputStream in = from.getInputStream(entry)) {
                        in.transferTo(zip);
                    }
                    zip.closeEntry();
                }
            }
        }
    }

    static void deleteAll(Path folder) throws IOException {
        List<Path> all = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            files.forEach(all::add);
        }
        for (Path file : all.reversed()) {
            Files.delete(file);
        }
    }
}
