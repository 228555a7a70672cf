package dev.woodpecker.runtime.toolchain;

import dev.woodpecker.compiler.ir.TensorProgram;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/** Which build of the code that makes kernels this is: what one build made is not taken for what another would make. */
public final class CodeIdentity {
    private CodeIdentity() {}

    /** The same for two processes only if they run the same classes of the compiler and the runtime. */
    public static String ofCompiler() {
        return OfCompiler.TEXT;
    }

    private static final class OfCompiler {
        private static final String TEXT = place(TensorProgram.class) + " " + place(CodeIdentity.class);
    }

    private static String place(Class<?> type) {
        Optional<CodeSource> source =
                Optional.ofNullable(type.getProtectionDomain().getCodeSource());
        try {
            // Where it cannot be told, nothing is shared with another process.
            return source.isEmpty()
                    ? UUID.randomUUID().toString()
                    : of(Path.of(source.get().getLocation().toURI()));
        } catch (URISyntaxException | IOException | IllegalArgumentException e) {
            return UUID.randomUUID().toString();
        }
    }

    /** Of a jar its content, which is what a copy keeps; of a folder of classes, as under development, its files' times. */
    static String of(Path place) throws IOException {
        if (Files.isDirectory(place)) {
            List<String> files = new ArrayList<>();
            Files.walkFileTree(place, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    files.add(file + " " + attributes.size() + " " + attributes.lastModifiedTime());
                    return FileVisitResult.CONTINUE;
                }
            });
            files.sort(null);
            return ContentKey.of(files).hex();
        }
        byte[] content = Files.readAllBytes(place);
        // Not against an adversary, who would have to be able to write to the cache; a processor has an instruction for
        // it.
        CRC32C sum = new CRC32C();
        sum.update(content);
        return content.length + "-" + Long.toHexString(sum.getValue());
    }
}
