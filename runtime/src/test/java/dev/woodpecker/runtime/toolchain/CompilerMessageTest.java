package dev.woodpecker.runtime.toolchain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CompilerMessageTest {
    @Test
    void theFirstErrorOfGccAndClangIsFoundAmongNotesAndWarnings() {
        assertThat(CompilerMessage.firstError("""
            source.c: In function 'f':
            source.c:3:5: warning: unused variable 'x' [-Wunused-variable]
            source.c:7:12: error: 'y' undeclared (first use in this function)
            source.c:9:1: error: expected ';'
            """))
                .isEqualTo(new CompilerMessage(7, "'y' undeclared (first use in this function)"));
    }

    @Test
    void nvccWritesTheLineInParentheses() {
        assertThat(CompilerMessage.firstError("kernel.cu(12): error: identifier \"q\" is undefined\n"))
                .isEqualTo(new CompilerMessage(12, "identifier \"q\" is undefined"));
    }

    @Test
    void aLinkersErrorHasNoLine() {
        assertThat(CompilerMessage.firstError("/usr/bin/ld: cannot open output file: No space left on device\n"))
                .isEqualTo(new CompilerMessage(0, "/usr/bin/ld: cannot open output file: No space left on device"));
        assertThat(CompilerMessage.firstError("")).isEqualTo(new CompilerMessage(0, "the compiler said nothing"));
    }

    @Test
    void theOriginIsTheNearestOneAtOrBeforeTheLine() {
        String text = """
            int f(void) {
                /* Convolution.java:12:34 */
                int a;
                b = 1; /* Convolution.java:13:5 */
                c = 1;
                /* Convolution.java:99:1 */
            """;
        assertThat(CompilerMessage.javaOrigin(text, 1)).isEmpty();
        assertThat(CompilerMessage.javaOrigin(text, 3)).hasValue("Convolution.java:12:34");
        assertThat(CompilerMessage.javaOrigin(text, 4)).hasValue("Convolution.java:13:5");
        assertThat(CompilerMessage.javaOrigin(text, 5)).hasValue("Convolution.java:13:5");
        assertThat(CompilerMessage.javaOrigin(text, 0)).isEmpty();
    }
}
